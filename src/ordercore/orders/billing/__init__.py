"""Money on paper and on the way: tenders, terms, invoices and credit notes, pay-outs."""
