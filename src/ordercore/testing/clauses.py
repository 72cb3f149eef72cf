"""The clauses of the contracts: an id for every promise, in failures, tests and docs alike."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CLAUSES"]

CLAUSES: Mapping[str, str] = {
    "REPO-1": "an unknown order is None and has no events",
    "REPO-2": "an order is loaded exactly as it was committed last",
    "REPO-3": "a stale version is refused",
    "REPO-4": "events are appended in their order and read back oldest first, none missing",
    "REPO-5": "replaying the events gives the order that is loaded",
    "REPO-6": "orders whose ids look alike are kept apart",
    "STOCK-1": "an unknown stock item is absent from the answer",
    "STOCK-2": "a stock item is loaded exactly as it was committed last",
    "STOCK-3": "items are kept apart by SKU and node, and only those asked for are answered",
    "STOCK-4": "a stale version of a stock item is refused",
    "CREDIT-1": "an unknown credit account is None and has no events",
    "CREDIT-2": "a credit account is loaded exactly as it was committed last",
    "CREDIT-3": "a stale version of a credit account is refused",
    "CREDIT-4": "events of an account are appended in their order and read back, none missing",
    "CREDIT-5": "replaying the events gives the account that is loaded",
    "CREDIT-6": "accounts of customers whose ids look alike are kept apart",
    "UOW-1": "a commit is saved whole: every change, the outbox, the timers",
    "UOW-2": "a conflict in any one change leaves nothing behind, not even the command id",
    "UOW-3": "a repeated command id saves nothing and says so, before versions are compared",
    "UOW-4": "outbox rows are saved with the change that caused them, in their order, once",
    "UOW-5": "timers are saved with the change that set them",
    "UOW-6": "a version that is ahead of the store is refused as a stale one is",
    "UOW-7": "command ids that look alike are kept apart",
    "ATTEMPT-1": "an order about which nothing was refused has no attempts",
    "ATTEMPT-2": "attempts are read back as they were noted, oldest first, equal ones each",
    "ATTEMPT-3": "attempts about orders whose ids look alike are kept apart",
    "INDEX-1": "every id that an order ever accepted is found, with its digest and version",
    "INDEX-2": "ids that an order did not accept, or that look alike, are absent from the answer",
    "INDEX-3": "commands and facts are kept apart, and so are orders",
    "WAIT-1": "an order is found by each thing that it waits for",
    "WAIT-2": "it is not found by anything else, nor when it waits no more",
    "WAIT-3": "asked for several things at once, each order is found once",
    "KIT-1": "no clause is overridden or removed without xfail(reason=…)",
}
"""What each clause says."""
