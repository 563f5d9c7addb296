"""Why a call may end with nothing done: one table of codes.

A code stands in the receipt, and so never changes; the words beside it may become better. The first
table holds what a running contract can meet, from the machine or from the ledger that it asks; the
ledger's own calls, which no contract makes, have codes of their own (`dure.chain.system.refusals`).
"""

from typing import Final

REFUSALS: Final[dict[str, str]] = {
    # By the contract
    "refused": "A `require` does not hold; the message is the contract's own words.",
    "not_permitted": "The caller has no role and is no party that the method asks for; a method "
    "that changes state was called where only reading is allowed; or a stranger called what the "
    "chain alone may call.",
    # By what was passed
    "bad_arguments": "The arguments do not fit the method's signature, or a call was scheduled "
    "without gas.",
    "unknown_method": "The contract has no such method for callers.",
    "unknown_contract": "There is no contract at that address.",
    "payment_not_accepted": "The method accepts no money, or money of another asset.",
    "contract_stopped": "The members stopped the contract: it answers views only.",
    # By a value
    "overflow": "A number passes 64 bits where it leaves the method, 256 bits in between; an "
    "amount is negative; a time lies outside of the calendar; a supply passes the largest amount.",
    "division_by_zero": "A division by zero, or its remainder.",
    "index_out_of_range": "There is no item at that place of a list, a text or bytes.",
    "missing_key": "There is no entry under that key of a Map.",
    "missing_value": "A Var of a type without an empty value was never set.",
    "list_full": "A List has as many items as its limit allows.",
    "bad_result": "The other contract answered with another type than the Interface says.",
    # By a bound
    "out_of_gas": "The transaction's gas limit is used up.",
    "too_large": "A text, list, value, key or event passes its bound, or the call builds more data "
    "than a call may.",
    "too_deep": "Contracts call each other too deep.",
    "reentrant": "The contract is already running, and the method is not made to be called then.",
    # By the ledger's money
    "insufficient_balance": "Who pays has not so much.",
    "frozen": "The asset's issuer has frozen the balance.",
    "not_issuer": "Another contract issues this asset.",
    "unknown_asset": "There is no such asset.",
    "bad_asset": "An asset has a code of 1 to 16 visible ASCII characters, which its issuer has "
    "not used yet, and 0 to 18 decimals.",
    "bad_amount": "An amount of money is negative.",
    "bad_rule": "The name of a transfer rule cannot be that of a method.",
    "bad_fee": "A transfer rule keeps more than the amount, or less than nothing.",
    # By the ledger's schedule
    "bad_schedule": "A scheduled call asks for too little or too much gas, for no moment, or has "
    "too long arguments.",
    "quota_exhausted": "The gas of the contract's owner is used up for this period, or no "
    "organisation stands for the owner.",
    # By the members' acts
    "unsafe_code": "The checker refuses the source.",
    "incompatible_state": "The new version gives a field, or a class that is stored, another form.",
}
"""Code to meaning, by what is at fault."""
