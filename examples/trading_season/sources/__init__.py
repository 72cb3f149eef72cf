"""Where a season's orders come from: two sources behind one interface."""

from trading_season.sources.importer import About, FindingLog, Importer, Scope, Trade, Wanted

__all__ = ["About", "FindingLog", "Importer", "Scope", "Trade", "Wanted"]
