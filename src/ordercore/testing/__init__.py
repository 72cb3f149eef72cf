"""What users of the library test with; needs the ``testing`` extra.

Strategies draw any public value, contracts prove an adapter, a rule-based machine lives an order's
life over your ports, an explorer visits every state of an aggregate within bounds, scenarios read
like sentences. Importing this package alone imports neither
Hypothesis nor pytest: names are loaded when they are first asked for.

Example:
    >>> from hypothesis import find
    >>> from ordercore.testing import histories
    >>> life = find(histories(lines=1), lambda history: len(history.events) > 1)
    >>> life.order.version == len(life.events)
    True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ordercore.testing import strategies as strategies
    from ordercore.testing.alphabets import ORDER_LAW_READS as ORDER_LAW_READS
    from ordercore.testing.alphabets import ORDER_MOVE_SETS as ORDER_MOVE_SETS
    from ordercore.testing.alphabets import Move as Move
    from ordercore.testing.alphabets import OrderAlphabet as OrderAlphabet
    from ordercore.testing.alphabets import order_alphabet as order_alphabet
    from ordercore.testing.alphabets import order_key as order_key
    from ordercore.testing.alphabets import order_moves as order_moves
    from ordercore.testing.audit_contracts import AttemptLogContract as AttemptLogContract
    from ordercore.testing.audit_contracts import CommandIndexContract as CommandIndexContract
    from ordercore.testing.contracts import NewStore as NewStore
    from ordercore.testing.contracts import OrderRepositoryContract as OrderRepositoryContract
    from ordercore.testing.contracts import StockRepositoryContract as StockRepositoryContract
    from ordercore.testing.contracts import UnitOfWorkContract as UnitOfWorkContract
    from ordercore.testing.contracts import broken_clauses as broken_clauses
    from ordercore.testing.credit_contract import (
        CreditRepositoryContract as CreditRepositoryContract,
    )
    from ordercore.testing.credit_remedies import CREDIT_INSTEAD as CREDIT_INSTEAD
    from ordercore.testing.credit_remedies import credit_provider as credit_provider
    from ordercore.testing.credit_remedies import credit_questions as credit_questions
    from ordercore.testing.exploration import Exploration as Exploration
    from ordercore.testing.exploration import ExplorationFault as ExplorationFault
    from ordercore.testing.explorer import Alphabet as Alphabet
    from ordercore.testing.explorer import explore as explore
    from ordercore.testing.order_history import History as History
    from ordercore.testing.order_history import Step as Step
    from ordercore.testing.order_life import order_life_machine as order_life_machine
    from ordercore.testing.order_lives import histories as histories
    from ordercore.testing.order_remedies import ORDER_INSTEAD as ORDER_INSTEAD
    from ordercore.testing.order_remedies import order_achieved as order_achieved
    from ordercore.testing.order_remedies import order_asked_again as order_asked_again
    from ordercore.testing.order_remedies import order_provider as order_provider
    from ordercore.testing.questions import order_questions as order_questions
    from ordercore.testing.refusals import RefusalFault as RefusalFault
    from ordercore.testing.refusals import RefusalReport as RefusalReport
    from ordercore.testing.refusals import ask_everywhere as ask_everywhere
    from ordercore.testing.remedies import Obtained as Obtained
    from ordercore.testing.remedies import Provider as Provider
    from ordercore.testing.remedies import WayOut as WayOut
    from ordercore.testing.remedies import way_out as way_out
    from ordercore.testing.scenarios import given as given
    from ordercore.testing.scenarios import given_in as given_in
    from ordercore.testing.state_key import StateKey as StateKey
    from ordercore.testing.store import StoreUnderTest as StoreUnderTest
    from ordercore.testing.store import awaited as awaited
    from ordercore.testing.store import memory_store as memory_store
    from ordercore.testing.transitions import TransitionCase as TransitionCase
    from ordercore.testing.transitions import transition_cases as transition_cases
    from ordercore.testing.waiting_contract import WaitingOrdersContract as WaitingOrdersContract

_MODULES = ("strategies",)
_HOMES = {
    "CREDIT_INSTEAD": "credit_remedies",
    "credit_provider": "credit_remedies",
    "credit_questions": "credit_remedies",
    "History": "order_history",
    "Step": "order_history",
    "ORDER_INSTEAD": "order_remedies",
    "ORDER_MOVE_SETS": "alphabets",
    "RefusalFault": "refusals",
    "RefusalReport": "refusals",
    "ask_everywhere": "refusals",
    "order_moves": "alphabets",
    "order_questions": "questions",
    "Obtained": "remedies",
    "Provider": "remedies",
    "WayOut": "remedies",
    "order_achieved": "order_remedies",
    "order_asked_again": "order_remedies",
    "order_provider": "order_remedies",
    "way_out": "remedies",
    "Alphabet": "explorer",
    "Exploration": "exploration",
    "ExplorationFault": "exploration",
    "Move": "alphabets",
    "ORDER_LAW_READS": "alphabets",
    "OrderAlphabet": "alphabets",
    "StateKey": "state_key",
    "explore": "explorer",
    "order_alphabet": "alphabets",
    "order_key": "alphabets",
    "AttemptLogContract": "audit_contracts",
    "CommandIndexContract": "audit_contracts",
    "histories": "order_lives",
    "CreditRepositoryContract": "credit_contract",
    "NewStore": "contracts",
    "OrderRepositoryContract": "contracts",
    "StockRepositoryContract": "contracts",
    "UnitOfWorkContract": "contracts",
    "broken_clauses": "contracts",
    "given": "scenarios",
    "given_in": "scenarios",
    "order_life_machine": "order_life",
    "StoreUnderTest": "store",
    "awaited": "store",
    "memory_store": "store",
    "TransitionCase": "transitions",
    "transition_cases": "transitions",
    "WaitingOrdersContract": "waiting_contract",
}

__all__ = [
    "CREDIT_INSTEAD",
    "CreditRepositoryContract",
    "ORDER_INSTEAD",
    "ORDER_LAW_READS",
    "ORDER_MOVE_SETS",
    "Alphabet",
    "Exploration",
    "ExplorationFault",
    "AttemptLogContract",
    "CommandIndexContract",
    "History",
    "Move",
    "NewStore",
    "Obtained",
    "OrderAlphabet",
    "OrderRepositoryContract",
    "Provider",
    "RefusalFault",
    "RefusalReport",
    "StateKey",
    "Step",
    "StockRepositoryContract",
    "StoreUnderTest",
    "TransitionCase",
    "UnitOfWorkContract",
    "WaitingOrdersContract",
    "WayOut",
    "ask_everywhere",
    "awaited",
    "broken_clauses",
    "credit_provider",
    "credit_questions",
    "explore",
    "given",
    "given_in",
    "histories",
    "memory_store",
    "order_achieved",
    "order_asked_again",
    "order_alphabet",
    "order_key",
    "order_life_machine",
    "order_moves",
    "order_provider",
    "order_questions",
    "strategies",
    "transition_cases",
    "way_out",
]


def __getattr__(name: str) -> object:
    """Loads what is asked for, and Hypothesis with it."""
    if name in _HOMES:
        return getattr(import_module(f"ordercore.testing.{_HOMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"ordercore.testing.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
