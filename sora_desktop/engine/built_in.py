"""The accounts on the simulator: always there, and what the user may change of them."""

from __future__ import annotations

from sora_desktop.core.accounts import Account, ReferenceHost
from sora_desktop.core.catalog import Provider

CHOICES = ("enabled", "default_model", "at_once", "per_minute", "position")
"""What the user may change of a built-in account."""


def demo_account(provider: Provider) -> Account | None:
    """The provider's account on the simulator. Always there; its address is known only while the simulator runs."""
    demo = provider.demo
    if demo is None:
        return None
    host = ReferenceHost(kind="account", account=demo.reference_account) if demo.reference_account else None
    return Account(
        id=demo.account, provider=provider.id, name=demo.name, base_url="", builtin=True, reference_host=host
    )


def with_choices(account: Account, choices: Account | None) -> Account:
    """A built-in account as the user set it up."""
    if choices is None:
        return account
    kept = {name: getattr(choices, name) for name in CHOICES}
    return account.model_copy(update={**kept, "reference_host": choices.reference_host or account.reference_host})
