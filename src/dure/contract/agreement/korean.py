"""The Korean table: one sentence or part of one for each phrase.

`{place:을/를}` adds the particle that fits the sound before it. Conditions end in the noun form
(`…보다 작음`), which `{place:면}` and the other `FORMS` turn into another: `…보다 작으면`.
"""

import re
from typing import Final

DURATIONS: Final = {
    "days": ("일", "일"),
    "hours": ("시간", "시간"),
    "minutes": ("분", "분"),
    "seconds": ("초", "초"),
    "milliseconds": ("밀리초", "밀리초"),
}

TEMPLATES: Final[dict[str, str]] = {
    # 잇기
    "list.between": ", ",
    "list.last": ", ",
    "members.last": " 또는 ",
    "and.joint": "{item:고} ",
    "or.joint": "{item:거나} ",
    "either.joint": "{item} 또는 ",
    "both.joint": "{item:이면서/면서} 동시에 ",
    "subject": "{left:이/가} ",
    # 이름
    "name": "{name}",
    "stated": "제시한 {name}",
    "asset": "“{name}”",
    "asset.word": "{name}",
    "record": "{name}",
    "record_then": "그때의 {name}",
    "new_record": "새 {name}",
    "record_of": "{keys}의 {record}",
    "field": "{owner}의 {field}",
    "field_of_each": "각 {owner}의 {field}",
    "entry": "{keys}의 {what}",
    "item": "{what} 가운데 {keys} 자리(0부터 셈)의 것",
    "entry_or": "{entry}(없으면 {default})",
    "label": "“{name}”",
    "label.word": "{name}",
    "member": "“{text}”",
    "quoted": "“{text}”",
    "source": "`{text}`",
    "decimal": "{text}",
    "one_of": "{items}",
    "one_among": "{list} 가운데 하나",
    "nothing": "빈 목록",
    "yes": "예",
    "no": "아니요",
    # 호출에 대하여 아는 것
    "caller": "신청한 사람",
    "paid": "함께 낸 돈",
    "now": "신청한 시각",
    "height": "현재 블록의 번호",
    "contract": "이 계약",
    # 셈
    "plus": "{left} 더하기 {right}",
    "minus": "{left} 빼기 {right}",
    "times": "{left} 곱하기 {right}",
    "divided": "{left:을/를} {right:으로/로} 나눈 몫",
    "divided_up": "{left:을/를} {right:으로/로} 나누어 올림한 수",
    "remainder": "{left:을/를} {right:으로/로} 나눈 나머지",
    "after": "{left}에서 {right} 뒤",
    "before": "{left}에서 {right} 전",
    "span": "{right}부터 {left}까지의 기간",
    "group": "({value})",
    "negative": "음수 {value}",
    "smaller": "{items} 가운데 가장 작은 것",
    "larger": "{items} 가운데 가장 큰 것",
    "no_less": "{value}(적어도 {bound})",
    "no_more": "{value}(많아야 {bound})",
    "if_else": "{test:면} {then}, 아니면 {other}",
    "duration_of": "{count}만큼({unit} 단위)",
    "money": "{value} {currency}",
    "length": "{value}의 개수",
    "length.text": "{value}의 글자 수",
    "length.bytes": "{value}의 바이트 수",
    "size": "{value}의 절댓값",
    "sum": "{value}의 합",
    "digest": "{value}의 SHA-256 해시",
    "bytes_of": "{value}의 바이트",
    "sorted": "정렬한 {value}",
    "balance": "이 계약이 가진 {asset}",
    "holding": "{holder:이/가} 가진 {asset}",
    # 조건
    "eq.value": "{left:이/가} {right:과/와} 같음",
    "ne.value": "{left:이/가} {right:과/와} 다름",
    "eq.member": "{left:이/가} {right}임",
    "ne.member": "{left:이/가} {right:이/가} 아님",
    "lt": "{left:이/가} {right}보다 작음",
    "le": "{left:이/가} {right} 이하임",
    "gt": "{left:이/가} {right}보다 큼",
    "ge": "{left:이/가} {right} 이상임",
    "lt.time": "{left:이/가} {right}보다 앞섬",
    "le.time": "{left:이/가} {right}보다 늦지 않음",
    "gt.time": "{left:이/가} {right}보다 늦음",
    "ge.time": "{left:이/가} {right}보다 앞서지 않음",
    "has": "{what}에 {keys}의 기록이 있음",
    "has_not": "{what}에 {keys}의 기록이 없음",
    "among": "{item:이/가} {list} 가운데 하나임",
    "among_not": "{item:이/가} {list} 가운데 없음",
    "holds": "{value:이/가} 참임",
    "holds_not": "{value:이/가} 참이 아님",
    "not": "{value:이/가} 아님",
    "role": "{holder:이/가} {role} 역할을 가짐",
    "role_not": "{holder:이/가} {role} 역할을 갖지 않음",
    "signature": "{signature:이/가} {message}에 대한 {by} 키의 올바른 서명임",
    "is_any": "{left:이/가} {members}임",
    "each": "{list}의 각각에 대하여",
    "turns": "많아야 {count}번 되풀이하여",
    "turns_as": "{count}만큼 되풀이하여",
    # 하는 일
    "pay": "{to}에게 {asset:으로/로} {amount:을/를} 지급한다",
    "mint": "{to}에게 {asset:으로/로} {amount:을/를} 발행한다",
    "burn": "{holder:이/가} 가진 {asset} 가운데 {amount:을/를} 없앤다",
    "freeze": "{holder:이/가} {asset:을/를} 옮기지 못하게 한다",
    "unfreeze": "{holder:이/가} {asset:을/를} 다시 옮길 수 있게 한다",
    "freeze_by": "{frozen:에 따라} {holder:이/가} {asset:을/를} 옮기지 못하게 하거나 옮기게 한다",
    "move": "{source}에게서 {to}에게로 {asset} {amount:을/를} 옮긴다",
    "create_asset": "짧은 이름이 {code}, 소수 자릿수가 {decimals}인 자산을 새로 만든다",
    "set_transfer_rule": "이후 {asset}의 모든 이체는 {method} 규칙을 따른다",
    "cancel": "예약된 일이 남아 있으면 취소한다({number})",
    "emit": "“{event}” 사실을 기록한다",
    "emit.text": "“{event}” 사실을 기록한다: {text}",
    "schedule": "{at} “{method}” 절차가 저절로 진행되도록 예약한다",
    "at.now": "곧바로",
    "at.moment": "{at}에",
    "call": "{at}에 있는 계약 “{interface}”의 “{method}” 절차를 신청한다",
    "call_paying": (
        "{at}에 있는 계약 “{interface}”에 {asset:으로/로} {amount:을/를} 내고 "
        "“{method}” 절차를 신청한다"
    ),
    "more": "이 글에 다 적지 못한 일을 더 한다. 원문을 볼 것",
    # 당사자
    "role_holder": "“{role}” 역할을 가진 사람",
    "granted": "이 계약의 소유자가 그 역할을 준 사람(거두어들일 때까지)",
    "anybody": "누구나",
    "deployer": "이 계약을 체인에 올린 사람",
    "caller_of": "“{method}” 절차를 신청한 사람",
    "named_at_start": "계약이 시작될 때 정해짐",
    "named_by_caller": "“{method}” 절차를 신청한 사람이 정함",
    "set_by": "“{method}” 절차에서 정함: {value}",
    "founded_here": "이 계약이 만들었고 이 계약만이 발행함",
    "nobody_yet": "어느 절차에서도 정해지지 않음",
    # 함께 내는 돈
    "cost": "{asset:으로/로} {amount}",
    "cost_any": "{asset:으로/로} 임의의 금액",
    # 값의 종류
    "type.int": "정수",
    "type.bool": "예 또는 아니요",
    "type.str": "글",
    "type.bytes": "바이트",
    "type.Address": "계정",
    "type.Asset": "자산",
    "type.Amount": "금액",
    "type.Hash": "해시",
    "type.Time": "시각",
    "type.Duration": "기간",
    "type.list": "목록(항목: {item})",
    "type.record": "{name}",
    "type.choice": "{name} 가운데 하나",
    "type.Amount.of": "{currency} 금액",
    "type.Asset.of": "{currency} 자산",
    "type.decimal": "소수 {places}자리 수",
    # 쪽의 짜임
    "page.title": "{name}: 쉬운 말로 쓴 계약서",
    "page.parties": "당사자",
    "page.assets": "쓰이는 돈",
    "page.beginning": "계약의 시작",
    "page.duties": "{who:이/가} 할 수 있는 일",
    "page.duties_of_all": "누구나 할 수 있는 일",
    "page.scheduled": "저절로 일어나는 일",
    "page.promises": "언제나 지켜지는 것",
    "page.transfer_rules": "이 돈을 옮길 때마다 따르는 규칙",
    "page.readings": "누구나 볼 수 있는 것",
    "page.terms": "정해진 조건",
    "page.choices": "낱말의 뜻",
    "page.upgrade": "계약이 바뀔 때",
    "page.meaning": "이 글에 대하여",
    "line.party": "{name}: {how}.",
    "line.named": "신청하면서 밝히는 것: {parameters}.",
    "line.parameter": "{name}({type})",
    "line.answer": "답으로 받는 것: {type}.",
    "line.cost": "함께 내는 돈: {cost}.",
    "line.only_if": "다음 조건을 모두 채워야 한다.",
    "line.condition": "{words:것}. 아니면 거절된다: “{reason}”",
    "line.condition_when": "{when:면} {words:것}. 아니면 거절된다: “{reason}”",
    "line.condition_loop": "{when} {words:것}. 아니면 거절된다: “{reason}”",
    "line.then": "그러면 다음과 같이 한다.",
    "line.when": "{when:면}:",
    "line.loop": "{loop}:",
    "line.act": "{act}.",
    "line.at": "때: {at}.",
    "line.never_scheduled": "때: 이 계약의 어느 절차도 이것을 예약하지 않는다.",
    "line.promise": "{words}.",
    "line.term": "{name}: {value}.",
    "line.member": "{text}.",
    "line.migration": "구성원들이 새 판을 승인하면 다음이 한 번 일어난다.",
    "line.upgrade": (
        "체인의 구성원들은 함께 승인하여 이 계약을 새 판으로 바꾸거나 멈출 수 있다. 기록된 승인 "
        "없이는 어느 것도 일어나지 않는다. 돈과 기록은 그대로 남고, 이전 판은 모두 "
        "계속 읽을 수 있다."
    ),
    "line.meaning": (
        "이 글은 계약의 원문에서 만들어졌고, 체인이 실행하는 것은 그 원문이다. 거절된 신청은 "
        "아무것도 바꾸지 않으며 돈도 옮기지 않는다. 금액은 자산의 가장 작은 단위로 센다."
    ),
}

FINAL_DIGITS: Final = "013678"
"""Digits whose Korean names end in a consonant: 영 일 삼 육 칠 팔."""
FINAL_L_DIGITS: Final = "178"


def add_particle(word: str, pair: str) -> str:
    """Return the word with the particle of the pair, `을/를`, that fits its last sound.

    Where the sound cannot be told, as behind Latin letters, both are written: `을(를)`.
    """
    closed, mark, open_ = pair.partition("/")
    if not mark:
        return word + closed
    last = (re.sub(r"\([^()]*\)$", "", word) or word).rstrip("”'\"`)")[-1:]
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        is_closed, is_l = final != 0, final == 8
    elif last.isdecimal():
        is_closed, is_l = last in FINAL_DIGITS, last in FINAL_L_DIGITS
    else:
        return f"{word}({closed[0]}){open_}" if closed == "으로" else f"{word}{closed}({open_})"
    if closed == "으로" and is_l:
        return word + open_
    return word + (closed if is_closed else open_)


FORMS: Final = ("고", "거나", "면", "것")
"""And, or, if, must."""
_ENDINGS: Final = (
    # Noun form, its stem, and the stem before 것.
    ("큼", "크", "클"),
    ("작음", "작", "작을"),
    ("같음", "같", "같을"),
    ("다름", "다르", "다를"),
    ("앞섬", "앞서", "앞설"),
    ("늦음", "늦", "늦을"),
    ("않음", "않", "않을"),
    ("있음", "있", "있을"),
    ("없음", "없", "없을"),
    ("아님", "아니", "아닐"),
    ("가짐", "가지", "가질"),
    ("임", "이", "일"),
    ("", "이", "일"),
)
"""The last one stands for what has no noun form, as a quoted source."""


def conjugate(sentence: str, form: str) -> str:
    """Return a condition in the noun form in another form: `…보다 작음` as `…보다 작으면`."""
    ending, stem, future = next(each for each in _ENDINGS if sentence.endswith(each[0]))
    before = sentence.removesuffix(ending)
    if form == "것":
        return f"{before}{future} 것"
    is_closed = (ord(stem[-1]) - ord("가")) % 28 != 0
    return before + stem + ("으면" if form == "면" and is_closed else form)
