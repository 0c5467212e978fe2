"""Every sentence that a code stands for. English here; a face may translate the template before it is filled in.

Each says what happened and what to do, in plain words. Texts from outside never come here: they are `Failure.detail`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

SENTENCES: dict[str, str] = {
    # Prompt, parameters, references: shown at the field before anything is sent.
    "prompt_empty": "Write a prompt first.",
    "prompt_too_long": "The prompt is {over} characters too long: this model takes {limit}.",
    "param_unknown": "This model has no parameter “{name}”.",
    "param_exclusive": "Give either {first} or {second}, not both.",
    "param_invalid": "{name}: choose one of {allowed}.",
    "param_syntax": "“{text}” is no parameter. Write it as KEY=VALUE.",
    "param_twice": "{name} is given twice.",
    "param_missing": "{name} is needed.",
    "reference_none_taken": "This model takes no references. Remove them to go on.",
    "reference_too_many": "{count} references are too many: this model takes {limit}.",
    "reference_kind": "{name}: this model takes {kinds} only.",
    "reference_mime": "{name}: this model takes {types} only.",
    "reference_bytes": "{name} is too large: at most {limit} MB.",
    "reference_size": "{name} measures {size}; it must measure {sizes}.",
    "reference_needs_url": "{name}: this service takes only public URLs. Put the file on the web and paste its address.",
    "reference_missing": "{name} is no longer where it was. Add it again.",
    "reference_ratio": "{name} measures {size}; it must have the chosen ratio {ratio}.",
    "reference_url_dead": "{name}: there is no file at this address any more. Use another address.",
    "reference_url_private": "{name}: this address is of your own machine or network; the service cannot reach it.",
    "reference_url_no_file": "{name}: at this address there is a page, no file. Use the address of the file itself.",
    "reference_url_unreachable": "{name}: the address does not answer. Check it, or use another one.",
    "picture_none": "{name} is no picture that can be read here. Take a JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP or TIFF file.",
    "picture_empty": "{name} is empty. Choose another file.",
    "picture_broken": "{name} is damaged and cannot be read to its end. Choose another file.",
    "picture_huge": "{name} has too many pixels to be opened safely (at most {limit} megapixels). Make it smaller first.",
    "picture_heavy": "{name} is too large to be opened here: at most {limit} MB.",
    "picture_unshrinkable": "{name} cannot be made smaller than {limit} MB without ruining it. Choose another picture.",
    # What one click does with a picture, and what happens to it without one.
    "fix_crop": "Cut to {ratio} and make it {size}.",
    "fix_crop_only": "Cut to {ratio}.",
    "fix_crop_enlarge": "Cut to {ratio} and enlarge to {size}; it may look soft.",
    "fix_bars": "Keep all of it, with bars, as {size}.",
    "fix_resize": "Make it {size}.",
    "fix_enlarge": "Enlarge it to {size}; it may look soft.",
    "fix_rotate": "Turn it by 90° and cut it to {size}.",
    "fix_convert": "Convert from {from} to {to}.",
    "fix_convert_flat": "Convert from {from} to {to}; transparent places become white.",
    "fix_shrink": "Save as {to} in less than {limit} MB.",
    "note_upright": "It is turned upright.",
    "note_metadata_removed": "Camera data is removed before it is sent.",
    "note_place_removed": "The place where it was taken, and camera data, are removed before it is sent.",
    "note_first_frame": "Of its {frames} frames only the first is sent.",
    "note_colours": "Its colours ({mode}) are converted to sRGB.",
    "note_backdrop": "Transparent places become white.",
    # Where references are put for services that take only addresses.
    "host_incomplete": "Enter the endpoint, the bucket and the access key of the reference host.",
    "host_bucket": "“{name}” is no name of a bucket.",
    "host_account_gone": "The account that references are uploaded with was removed. Choose another one in Settings, Accounts.",
    "host_account_no_upload": "“{name}” takes no uploads, so it cannot hold references. Choose another account.",
    "host_secret_missing": "There is no secret key for the reference host. Enter it in Settings, Accounts.",
    "host_refused": "The reference host {host} refused the file. Check its keys, bucket and region in Settings, Accounts.",
    "host_unreachable": "The reference host {host} does not answer. Check its address in Settings, Accounts, or wait.",
    "host_error": "The reference host {host} had an error ({status}).",
    "host_differs": "The reference host {host} gave back something else than what was put there.",
    "reference_host_local": "The reference host is in your own network, where the service cannot fetch from. Choose a public one.",
    # Accounts and keys.
    "key_empty": "Paste the API key.",
    "key_too_long": "This is longer than any API key ({limit} characters). Paste only the key.",
    "key_bad_character": "Character {position} of this key cannot be sent. Copy the key again, without quotes or line breaks.",
    "key_missing": "There is no key for this account. Enter it in Settings, Accounts.",
    "key_locked": "The system keyring is locked. Unlock it, then try again.",
    "key_rejected": "The service does not accept this key. Enter a new one in Settings, Accounts.",
    "key_expired": "This key has expired. Make a new one at the service and enter it in Settings, Accounts.",
    "key_revoked": "This key was revoked. Make a new one at the service and enter it in Settings, Accounts.",
    "key_scope": "This key may not do that. Make a key with the missing permission at the service.",
    "url_empty": "Enter the address of the service.",
    "url_invalid": "“{url}” is no web address. It looks like https://example.com.",
    "url_has_login": "Leave the name and password out of the address; the key belongs in its own field.",
    "url_plain_http": "http:// would send your key to {host} unprotected. Use https://, or allow it for this account.",
    "name_empty": "Give the account a name.",
    "name_taken": "There is an account “{name}” already. Choose another name.",
    "provider_unknown": "There is no provider “{name}”. Choose one of the list.",
    "account_builtin": "“{name}” is built in and stays. Switch it off in Settings, Accounts, if it is in the way.",
    "account_unknown": "There is no account “{name}”. List them with “accounts list”.",
    "account_not_named": "Name the account. List them with “accounts list”.",
    "account_gone": "The account of this job was removed. Add it again, then retry.",
    "account_off": "The account “{name}” is switched off. Switch it on in Settings, Accounts.",
    "model_unknown": "This account has no model “{name}”.",
    # Files.
    "template_empty": "Give the files a name: {fields}.",
    "template_field": "{{{name}}} stands for nothing. Use {fields}.",
    # The service's answers.
    "refused": "The service refused the request. Change what its answer names, then generate again.",
    "credits_short": "Not enough credits. Top up at the service, then retry.",
    "conflict": "The service says this request was sent before with other content. It is not sent again; start a new one.",
    "not_found": "The service does not know this task. Check that the account is the one that made it.",
    "not_found_call": "The service does not know this call. Check the base URL in Settings, Accounts.",
    "rate_limited": "The service asks to slow down. It goes on by itself.",
    "service_closed": "The service is not taking requests now. It goes on by itself.",
    "service_error": "The service had an error ({status}).",
    "generation_failed": "The service could not make this clip.",
    "answer_broken": "The answer of the service could not be read.",
    "answer_too_large": "The answer of the service was larger than 10 MB and was not read.",
    "redirected": "The service pointed to another address, which is not followed with a key. Check the base URL.",
    # The way to the service.
    "offline": "No connection. It goes on by itself when the network is back.",
    "dns_failed": "The address {host} was not found. Check the network and the base URL.",
    "connect_refused": "{host} does not answer. Check the base URL, or wait until the service is back.",
    "connect_timeout": "{host} did not answer in time. It is tried again by itself.",
    "tls_failed": "No safe connection to {host}. Check the clock, the proxy and the network.",
    "proxy_failed": "The proxy did not let the request through. Check the proxy settings.",
    "answer_lost": "The connection broke before the answer came.",
    # Results.
    "result_not_video": "The service sent something that is no video. Nothing was saved.",
    "result_broken": "The file arrived damaged. It is fetched again by itself.",
    "result_missing": "The task is complete, but the service named no video. Collect asks again.",
    "result_link_dead": "The link of the video no longer works. Collect asks the service for a new one.",
    "result_expired": "The link of the video died ({when}) and the service gave no new one.",
    "result_too_large": "The video is larger than {limit} GB and was not fetched.",
    "result_address": "The address of the result is not one that is fetched from.",
    "download_stalled": "The download broke off. It goes on by itself.",
    # The machine.
    "disk_full": "The disk is full. Free some space; the video is fetched then.",
    "folder_readonly": "{folder} cannot be written to. Choose another folder, or make it writable; the video is fetched then.",
    "database_newer": "This data was written by a newer version of Sora Desktop. Install that version, or choose another data folder.",
    "database_broken": "The database cannot be read ({reason}). Put back the newest backup from {folder}, or choose another data folder.",
    "database_busy": "The database is in use by another program. It is tried again by itself.",
    "queue_paused": "Sending is paused in the window. Let it go on there, then try again.",
    "data_in_use": "Sora Desktop is already running with this data folder.",
    "pace_invalid": "SORA_DESKTOP_PACE is “{value}”; it must be a number above 0, at most 100.",
    "simulator_failed": "The built-in simulator did not start: {reason}",
    # Uncertain.
    "answer_lost_uncertain": "The answer was lost. The clip may have been made and billed; it is not sent again by itself.",
    "killed_uncertain": "The program ended while this was being sent. It may have been made and billed; it is not sent again by itself.",
    "stopped_watching": "No longer watched. The service has no way to cancel it, so it may still be made and billed; Collect fetches it.",
    "checking": "Asking the service…",
    "check_listed": "The service lists this task; it is followed again.",
    "check_balance_same": "The balance is as it was before ({before}): it was probably not accepted.",
    "check_balance_less": "The balance fell from {before} to {after} since: it was probably accepted. Other jobs may have used it too.",
    "check_unknown": "This service has no call that could tell. Look at its website, then choose below.",
    "job_unknown": "There is no job “{id}”.",
    "job_running": "This job is still running. Stop watching it first.",
    "job_sent": "This job was sent already; it can no longer be changed.",
    "job_no_remote_id": "The service never gave this job an id, so there is nothing to collect.",
    "remote_id_empty": "Enter the task's id, as the service's website shows it.",
    "remote_id_taken": "Another job has this id already.",
    "unexpected": "Something went wrong in the program. The log has the details; nothing was sent again.",
}


def say(code: str, args: Mapping[str, str] | None = None, translate: Callable[[str], str] = str) -> str:
    """The sentence of `code` with its places filled in; the code itself where there is none."""
    template = translate(SENTENCES.get(code, code))
    return template.format_map(_Gaps(args or {}))


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"
