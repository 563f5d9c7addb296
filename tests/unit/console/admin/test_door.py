"""Who is let into the admin console: the first passkey, signing in, sessions and their ends."""

import stat
from typing import Any

import pytest

from dure.console.admin.sessions import IDLE_S, LASTS_S
from dure.core.errors import ConfigurationError
from tests.unit.console.admin.office import (
    CREDENTIAL,
    ORIGIN,
    OWN,
    Office,
    Operator,
    build_device,
    to_form,
)


def code_of(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def test_the_first_passkey_needs_the_token_that_was_printed(office: Office) -> None:
    office.console.passkeys.draw_token()
    answer = office.run(lambda each: each.register("0" * 40), signed_in=False)
    assert (answer.status_code, code_of(answer)) == (403, "registration_refused")
    assert office.console.passkeys.all == ()
    assert "set-cookie" not in answer.headers


def test_without_a_token_nobody_registers(office: Office) -> None:
    answer = office.run(lambda each: each.register("0" * 40), signed_in=False)
    assert code_of(answer) == "registration_refused"


def test_a_token_is_good_once(office: Office) -> None:
    token = office.console.passkeys.draw_token()
    assert office.run(lambda each: each.register(token), signed_in=False).status_code == 200
    again = office.run(lambda each: each.register(token, id="ff"), signed_in=False)
    assert code_of(again) == "registration_refused"
    assert [each.id for each in office.console.passkeys.all] == [CREDENTIAL]


def test_a_guess_does_not_use_the_token_up(office: Office) -> None:
    token = office.console.passkeys.draw_token()
    office.run(lambda each: each.register("1" * 40), signed_in=False)
    assert office.run(lambda each: each.register(token), signed_in=False).status_code == 200


def test_a_key_that_is_not_at_hand_is_not_registered(office: Office) -> None:
    token = office.console.passkeys.draw_token()
    other = build_device(secret=8).public.hex()
    answer = office.run(lambda each: each.register(token, key=other), signed_in=False)
    assert code_of(answer) == "assertion_refused"
    assert office.console.passkeys.all == ()


def test_passkeys_are_kept_for_their_owner_alone(office: Office) -> None:
    office.run(lambda each: each.get("/v1/networks"))
    file = office.folder / "passkeys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    office.open()
    assert [each.name for each in office.console.passkeys.all] == ["laptop"]
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="others can read"):
        office.open()


def test_a_damaged_file_of_passkeys_lets_nobody_in(office: Office) -> None:
    file = office.folder / "passkeys.json"
    file.write_text('{"passkeys": [{"id": "aa"}]}')
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match="no file of an operator's passkeys"):
        office.open()


def test_a_signed_in_operator_is_answered(office: Office) -> None:
    answer = office.run(lambda each: each.get("/v1/networks"))
    assert (answer.status_code, answer.json()) == (200, {"asked": "networks"})


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "http://localhost:8700"},
        {"origin": "http://evil.example"},
        {"origin": "https://localhost:8690"},
        {"rp_id": "evil.example"},
        {"flags": 0x01},
        {"flags": 0x04},
        {"type": "webauthn.create"},
        {"cross_origin": True},
        {"secret": 9},
    ],
    ids=str,
)
def test_an_assertion_of_another_page_or_device_lets_nobody_in(
    office: Office, lies: dict[str, Any]
) -> None:
    async def visit(operator: Operator) -> Any:
        operator.device = build_device(**lies)
        return await operator.sign_in()

    office.run(lambda each: each.get("/v1/networks"))
    answer = office.run(visit, signed_in=False)
    assert (answer.status_code, code_of(answer)) == (403, "assertion_refused")
    assert "set-cookie" not in answer.headers
    assert office.list_acts()[-1] == "sign_in_refused"


def test_an_assertion_is_good_once(office: Office) -> None:
    async def visit(operator: Operator) -> list[int]:
        challenge = await operator.draw_challenge()
        body = {"id": CREDENTIAL, "assertion": to_form(operator.device.get(challenge))}
        path = "/v1/operator/sign-in"
        first = await operator.client.post(path, json=body, headers=OWN)
        # Not even with the cookie of the door that it was made for.
        operator.client.cookies.set("dure_operator_door", "0" * 64)
        second = await operator.client.post(path, json=body, headers=OWN)
        return [first.status_code, second.status_code]

    office.run(lambda each: each.get("/v1/networks"))
    assert office.run(visit, signed_in=False) == [200, 403]


def test_a_challenge_is_for_the_browser_that_asked(office: Office) -> None:
    async def draw(operator: Operator) -> bytes:
        return await operator.draw_challenge()

    async def use(operator: Operator) -> int:
        body = {"id": CREDENTIAL, "assertion": to_form(operator.device.get(stolen))}
        answer = await operator.client.post("/v1/operator/sign-in", json=body, headers=OWN)
        return answer.status_code

    office.run(lambda each: each.get("/v1/networks"))
    stolen = office.run(draw, signed_in=False)
    assert office.run(use, signed_in=False) == 403


def test_a_challenge_does_not_last(office: Office) -> None:
    async def dawdle(operator: Operator) -> int:
        challenge = await operator.draw_challenge()
        office.now += 121
        body = {"id": CREDENTIAL, "assertion": to_form(operator.device.get(challenge))}
        answer = await operator.client.post("/v1/operator/sign-in", json=body, headers=OWN)
        return answer.status_code

    office.run(lambda each: each.get("/v1/networks"))
    assert office.run(dawdle, signed_in=False) == 403


def test_the_cookie_is_for_no_script_and_no_other_site(office: Office) -> None:
    async def visit(operator: Operator) -> Any:
        return await operator.register(office.console.passkeys.draw_token())

    cookies = office.run(visit, signed_in=False).headers.get_list("set-cookie")
    session = next(each for each in cookies if each.startswith("dure_operator="))
    parts = {part.strip().lower() for part in session.split(";")[1:]}
    assert parts == {"httponly", "samesite=strict", "path=/"}


def test_behind_tls_no_other_host_can_have_set_the_cookie(office: Office) -> None:
    async def visit(operator: Operator) -> list[str]:
        operator.client.base_url = ORIGIN.replace("http", "https")
        answer = await operator.client.post("/v1/operator/challenge", json={}, headers=OWN)
        return answer.headers.get_list("set-cookie")

    (cookie,) = office.run(visit, signed_in=False)
    assert cookie.startswith("__Host-dure_operator_door=")
    assert "secure" in cookie.lower()


@pytest.mark.parametrize("missing", ["cookie", "token", "both"])
def test_neither_half_of_a_session_opens_anything(office: Office, missing: str) -> None:
    async def visit(operator: Operator) -> Any:
        if missing in {"cookie", "both"}:
            operator.client.cookies.clear()
        if missing in {"token", "both"}:
            operator.token = ""
        return await operator.get("/v1/networks")

    answer = office.run(visit)
    assert (answer.status_code, code_of(answer)) == (401, "caller_unknown")
    assert office.host.asked == []


def test_a_cookie_that_comes_twice_is_none(office: Office) -> None:
    async def visit(operator: Operator) -> int:
        own = operator.client.cookies["dure_operator"]
        operator.client.cookies.clear()
        twice = f"dure_operator={'0' * 64}; dure_operator={own}"
        return (await operator.get("/v1/networks", cookie=twice)).status_code

    assert office.run(visit) == 401


@pytest.mark.parametrize(
    ("seconds", "times", "status"),
    [(IDLE_S - 1, 1, 200), (IDLE_S, 1, 401), (IDLE_S - 1, int(LASTS_S / (IDLE_S - 1)) + 1, 401)],
    ids=["busy", "idle", "a day's work"],
)
def test_a_session_ends(office: Office, seconds: float, times: int, status: int) -> None:
    async def visit(operator: Operator) -> int:
        answer = await operator.get("/v1/networks")
        for _ in range(times):
            office.now += seconds
            answer = await operator.get("/v1/networks")
        return answer.status_code

    assert office.run(visit) == status


def test_signing_out_ends_the_session_for_everybody_who_has_it(office: Office) -> None:
    async def visit(operator: Operator) -> int:
        cookie = operator.client.cookies["dure_operator"]
        out = await operator.client.post("/v1/operator/sign-out", json={}, headers=operator.headers)
        assert out.status_code == 200
        operator.client.cookies.set("dure_operator", cookie)
        return (await operator.get("/v1/networks")).status_code

    assert office.run(visit) == 401
    assert office.list_acts()[-1] == "signed_out"


def test_the_number_of_sessions_is_bounded(office: Office) -> None:
    async def come_often(operator: Operator) -> list[int]:
        first = operator.client.cookies["dure_operator"], operator.token
        for _ in range(16):
            office.now += 10
            assert (await operator.sign_in()).status_code == 200
        newest = (await operator.get("/v1/networks")).status_code
        operator.client.cookies.set("dure_operator", first[0])
        operator.token = first[1]
        return [newest, (await operator.get("/v1/networks")).status_code]

    assert office.run(come_often) == [200, 401]


def test_whoever_guesses_has_to_wait(office: Office) -> None:
    async def guess(operator: Operator) -> list[int]:
        made = to_form(operator.device.get(bytes(32)))
        body = {"id": "ff", "assertion": made}
        path = "/v1/operator/sign-in"
        answers = [await operator.client.post(path, json=body, headers=OWN) for _ in range(12)]
        waits = answers[-1].headers["retry-after"]
        office.now += int(waits)
        answers.append(await operator.client.post(path, json=body, headers=OWN))
        return [answer.status_code for answer in answers]

    assert office.run(guess, signed_in=False) == [403] * 10 + [429] * 2 + [403]
    assert office.list_acts() == ["sign_in_refused"]


async def knock(operator: Operator, times: int) -> list[int]:
    """Try to sign in as a program does that has no passkey and drew no challenge."""
    body = {"id": "ff", "assertion": to_form(operator.device.get(bytes(32)))}
    path = "/v1/operator/sign-in"
    client = operator.client
    return [(await client.post(path, json=body, headers=OWN)).status_code for _ in range(times)]


def test_a_stranger_who_knocks_keeps_the_operator_neither_out_nor_from_acting(
    office: Office,
) -> None:
    stop = {"act": "stop", "network": "shop"}

    async def visit(operator: Operator) -> list[int]:
        assert (await knock(operator, 12))[-1] == 429
        done = await operator.send(await operator.confirm(stop))
        operator.client.cookies.clear()
        return [done.status_code, (await operator.sign_in()).status_code]

    assert office.run(visit) == [200, 200]


def test_wrong_words_of_a_session_have_to_wait(office: Office) -> None:
    async def visit(operator: Operator) -> list[int]:
        answers = []
        for _ in range(11):
            body = await operator.confirm({"act": "stop", "network": "shop"})
            answers.append(await operator.send(body | {"act": '{"act":"stop","network":"bank"}'}))
        return [answer.status_code for answer in answers]

    assert office.run(visit) == [403] * 10 + [429]


def test_refusals_of_strangers_are_counted_a_line_a_minute(office: Office) -> None:
    async def visit(operator: Operator) -> None:
        for seconds in (0, 20, 20, 20, 20):
            office.now += seconds
            await knock(operator, 5)

    office.run(visit, signed_in=False)
    told = [(entry["act"], entry["facts"]["times"]) for entry in office.read_audit()]
    assert told == [("sign_in_refused", "1"), ("sign_in_refused", "15")]
    office.run(lambda each: each.get("/v1/networks"))
    counted = [entry for entry in office.read_audit() if entry["act"] == "sign_in_refused"]
    assert sum(int(entry["facts"]["times"]) for entry in counted) == 25


@pytest.mark.parametrize(
    "name", ["somebody", " Somebody", "the node", " ", "LAPTOP", "\uff4captop"]
)
def test_a_passkey_has_a_name_of_its_own(office: Office, name: str) -> None:
    office.run(lambda each: each.get("/v1/networks"))
    token = office.console.passkeys.draw_token()
    answer = office.run(lambda each: each.register(token, id="ff", name=name), signed_in=False)
    assert code_of(answer) == "registration_refused"
    assert [each.name for each in office.console.passkeys.all] == ["laptop"]


def test_who_came_in_is_written_down(office: Office) -> None:
    office.run(lambda each: each.get("/v1/networks"))
    office.run(lambda each: each.get("/v1/networks"))
    assert office.list_acts() == ["passkey_registered", "signed_in", "signed_in"]
    assert office.read_audit()[-1]["by"] == "laptop"
