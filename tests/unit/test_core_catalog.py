"""The shipped catalogue is the contracts' tables, and a broken file is named with its place."""

from __future__ import annotations

import pytest

from sora_desktop.core.catalog import Catalog, CatalogError, parse
from sora_desktop.core.params import ParamType, Wire, wire_values
from sora_desktop.core.pricing import estimate
from support.dialects import ALL_MODELS, catalog, model

RIVYA = {
    "n_frames": (["10", "15"], "10"),
    "aspect_ratio": (["landscape", "portrait"], "landscape"),
    "remove_watermark": (["false", "true"], "false"),
    "upload_method": (["s3", "oss"], "s3"),
}
SERVICE = {
    "size": (["1280x720", "720x1280"], "720x1280"),
    "aspect_ratio": (["16:9", "9:16"], None),
    "duration": ([4, 8, 12], None),
    "seconds": ([4, 8, 12], None),
}
TABLES = {
    "sora-2": (RIVYA, 6, 10_000),
    "sora-2-pro": ({"size": (["standard", "high"], None), **RIVYA}, 75, 10_000),
    "openAiSora2Plus": (SERVICE, None, None),
    "openAiSora2Pro": (SERVICE, None, None),
}


def test_the_four_models():
    assert sorted(ALL_MODELS) == [
        ("globalaiopc", "openAiSora2Plus"),
        ("globalaiopc", "openAiSora2Pro"),
        ("rivya", "sora-2"),
        ("rivya", "sora-2-pro"),
    ]


@pytest.mark.parametrize(("provider", "model_id"), ALL_MODELS)
def test_every_value_of_the_contracts(provider: str, model_id: str):
    one = model(provider, model_id)
    table, credits, limit = TABLES[model_id]
    assert {param.key: ([option.value for option in param.options], param.default) for param in one.params} == table
    assert [param.key for param in one.params] == list(table)
    assert (one.credits, one.prompt_limit, one.prompt_required) == (credits, limit, True)
    for param in one.params:
        assert (param.type, param.required) == (ParamType.SELECT, False)
        integer = provider == "globalaiopc" and param.key in {"duration", "seconds"}
        assert param.wire is (Wire.INTEGER if integer else Wire.STRING)
        assert all(option.label and option.means for option in param.options)


@pytest.mark.parametrize(("provider", "model_id"), ALL_MODELS)
def test_references_as_in_the_contracts(provider: str, model_id: str):
    rule = model(provider, model_id).references
    assert rule is not None and (rule.max_count, rule.kinds) == (1, ("image",))
    if provider == "rivya":
        assert (rule.field, rule.upload, rule.max_bytes, rule.sizes) == ("referenceMediaItems", True, 10_000_000, ())
        assert rule.mime_types == ("image/jpeg", "image/png", "image/webp")
    else:
        assert (rule.field, rule.alternatives, rule.upload) == ("input_reference", ("image_urls",), False)
        assert rule.sizes == ((1280, 720), (720, 1280)) and rule.match_aspect


def test_what_each_service_promises():
    rivya, service = (catalog().provider(name) for name in ("rivya", "globalaiopc"))
    assert rivya is not None and service is not None
    assert (rivya.base_url, rivya.idempotent, rivya.has_balance, rivya.has_cancel) == (
        "https://rivya.ai",
        True,
        True,
        False,
    )
    assert (rivya.result_hours, rivya.needs_key) == (None, True)
    assert 2 <= rivya.poll.first <= 3 and (rivya.poll.least, rivya.poll.most) == (5, 10)
    assert service.base_url == "https://zcbservice.aizfw.cn/kyyReactApiServer"
    assert (service.idempotent, service.has_balance, service.has_cancel, service.result_hours) == (
        False,
        False,
        False,
        24,
    )
    assert (service.poll.first, service.poll.least, service.poll.most) == (30, 30, 60)


@pytest.mark.parametrize(
    ("provider", "model_id", "sent"),
    [
        (
            "rivya",
            "sora-2",
            {"n_frames": "10", "aspect_ratio": "landscape", "remove_watermark": "false", "upload_method": "s3"},
        ),
        ("globalaiopc", "openAiSora2Pro", {"size": "720x1280"}),
    ],
)
def test_what_is_sent_when_nothing_was_touched(provider: str, model_id: str, sent: dict[str, str]):
    assert wire_values(model(provider, model_id).params, {}) == sent


def test_prices():
    assert estimate(model("rivya", "sora-2-pro"), {}, 3) == 225
    assert estimate(model("globalaiopc", "openAiSora2Plus"), {}, 3) is None


def test_looking_up():
    assert catalog().provider("nobody") is None
    assert catalog().model("nobody", "x") is None
    assert catalog().model("rivya", "x") is None
    one = model("rivya", "sora-2")
    assert one.param("n_frames") is not None and one.param("x") is None
    assert Catalog([]).providers == ()


HEAD = "id='x'\nname='X'\ndialect='d'\nbase_url='u'\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("id = ", "file.toml"),
        ("id = 'x'", "name"),
        ("id='x'\nname='X'\ndialect='d'\nbase_url='u'\nnonsense=1", "nonsense"),
        (
            "id='x'\nname='X'\ndialect='d'\nbase_url='u'\n[[models]]\nid='m'\nname='M'\n[[models.params]]\nkey='k'\ntype='dial'",
            "models.0.params.0.type",
        ),
    ],
)
def test_a_broken_file_is_named_with_its_place(text: str, place: str):
    with pytest.raises(CatalogError, match=rf"(?s)file\.toml.*{place.replace('file.toml', '')}"):
        parse(text, "file.toml")
