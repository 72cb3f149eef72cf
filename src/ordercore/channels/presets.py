"""Mappings of real channels, made on first use; each is data and can be copied and changed."""

from __future__ import annotations

from collections.abc import Mapping

from ordercore.channels.mapping import (
    ChannelMapping,
    DocumentRule,
    FieldRule,
    LineRule,
    ListRule,
    TagRule,
)
from ordercore.kernel import FrozenMap, Zone

__all__ = ["COUNTRY_LABELS", "invoice_rows", "shopify", "woocommerce"]

_STATES = {
    "success": "settled",
    "pending": "pending",
    "awaiting_response": "pending",
    "failure": "failed",
    "error": "failed",
    "unknown": "pending",
}


def _under(path: str, names: str) -> tuple[str, ...]:
    """Paths of many fields below one: the long lists of what is known and not wanted."""
    return tuple(f"{path}.{name}" if path else name for name in names.split())


_SHOPIFY_IGNORED = (
    *_under(
        "",
        """
        admin_graphql_api_id app_id buyer_accepts_marketing browser_ip cancelled_at
        cart_token checkout_id checkout_token client_details closed_at company
        confirmation_number confirmed contact_email created_at current_subtotal_price
        current_subtotal_price_set current_total_additional_fees_set
        current_total_discounts current_total_discounts_set current_total_duties_set
        current_total_price current_total_price_set current_total_tax
        current_total_tax_set customer customer_locale device_id discount_applications
        duties_included estimated_taxes gateway landing_site landing_site_ref
        location_id merchant_business_entity_id merchant_of_record_app_id
        note_attributes number order_number order_status_url
        original_total_additional_fees_set original_total_duties_set payment_details
        payment_gateway_names payment_terms phone po_number processing_method reference
        referring_site source source_identifier source_name source_url
        subtotal_price_set tax_exempt tax_lines test token
        total_cash_rounding_payment_adjustment_set
        total_cash_rounding_refund_adjustment_set total_discounts_set
        total_line_items_price_set total_outstanding total_price_set total_price_usd
        total_shipping_price_set total_tax_set total_weight user_id billing_address
        shipping_address transactions
        """,
    ),
    *_under(
        "line_items",
        """
        admin_graphql_api_id attributed_staffs discount_allocations duties
        fulfillable_quantity fulfillment_service fulfillment_status grams name price_set
        product_exists product_id properties requires_shipping taxable total_discount
        total_discount_set variant_id variant_inventory_management variant_title vendor
        """,
    ),
    *_under(
        "line_items.tax_lines",
        """
        price_set title
        """,
    ),
    *_under(
        "shipping_lines",
        """
        carrier_identifier code current_discounted_price_set discount_allocations
        discounted_price discounted_price_set is_removed phone price_set
        requested_fulfillment_service_id source
        """,
    ),
    *_under(
        "shipping_lines.tax_lines",
        """
        price_set title
        """,
    ),
    *_under(
        "discount_codes",
        """
        type
        """,
    ),
    *_under(
        "fulfillments",
        """
        admin_graphql_api_id line_items location_id name order_id origin_address receipt
        service shipment_status tracking_url tracking_urls updated_at
        """,
    ),
    *_under(
        "refunds",
        """
        admin_graphql_api_id created_at duties order_id order_adjustments
        refund_line_items restock total_duties_set user_id transactions
        """,
    ),
)
_WOO_IGNORED = (
    *_under(
        "",
        """
        parent_id order_key created_via version date_created date_modified discount_tax
        shipping_tax cart_tax prices_include_tax customer_ip_address customer_user_agent
        payment_method_title transaction_id date_paid date_completed date_completed_gmt
        cart_hash meta_data _links tax_lines billing shipping is_editable needs_payment
        needs_processing payment_url currency_symbol
        """,
    ),
    *_under(
        "line_items",
        """
        product_id variation_id subtotal_tax total_tax taxes meta_data price image
        parent_name
        """,
    ),
    *_under(
        "shipping_lines",
        """
        method_id instance_id total_tax tax_status taxes meta_data
        """,
    ),
    *_under(
        "fee_lines",
        """
        tax_class tax_status amount total_tax taxes meta_data
        """,
    ),
    *_under(
        "coupon_lines",
        """
        id discount_tax meta_data discount_type nominal_amount free_shipping
        """,
    ),
)


def _major(target: str, *paths: str, sign: str = "", default: str = "") -> FieldRule:
    options = {"sign": sign} if sign else {}
    return FieldRule(target, paths, "money_major", default=default, options=options)


def _constant(target: str, value: str, transform: str = "text") -> FieldRule:
    return FieldRule(target, transform=transform, default=value)


def _shopify_taxes() -> ListRule:
    liable = {"true": "marketplace", "false": "merchant"}
    return ListRule(
        "taxes",
        "tax_lines",
        [
            _major("amount", "price"),
            FieldRule("rate", "rate", "rate"),
            FieldRule("collector", "channel_liable", "table", table=liable),
        ],
    )


def _shopify_discounts() -> ListRule:
    return ListRule(
        "adjustments", "discount_allocations", [_major("amount", "amount", sign="negate")]
    )


def _shopify_payments(path: str) -> ListRule:
    state = FieldRule("state", "status", "table", table=_STATES, default="success", required=True)
    return ListRule(
        "payments",
        path,
        [
            FieldRule("payment_id", "id"),
            _major("amount", "amount"),
            FieldRule("kind", "kind"),
            state,
            FieldRule("at", ["processed_at", "created_at"], "instant"),
            FieldRule("gateway", "gateway"),
        ],
    )


def shopify(shop: str = "") -> ChannelMapping:
    """A Shopify REST Admin order (``{"order": {…}}`` or ``{"orders": […]}``).

    Amounts are in the shop's currency. The unit price is before discounts; discounts are the
    allocations of lines and shipping. ``shop`` names the shop, for merchants with several.

    Example:
        >>> shopify().channel, shopify() == shopify()
        (ChannelId('shopify'), True)
    """
    place = ("shipping_address", "billing_address")

    def address(target: str, name: str) -> FieldRule:
        return FieldRule(target, [f"{each}.{name}" for each in place])

    refund_kinds = {"shipping_refund": "shipping", "refund_discrepancy": "discrepancy"}
    return ChannelMapping(
        channel="shopify",
        roots=["order", "orders"],
        fields=[
            FieldRule("external_id", "id"),
            *([_constant("shop", shop)] if shop else []),
            FieldRule("display_number", "name"),
            FieldRule("version", "updated_at"),
            FieldRule("placed_at", ["processed_at", "created_at"], "instant"),
            FieldRule("currency", "currency", "currency"),
            FieldRule("presentment_currency", "presentment_currency", "currency"),
            FieldRule("tax_included", "taxes_included", "boolean"),
            FieldRule("customer", "customer.id"),
            FieldRule("note", "note"),
            FieldRule("tags", "tags", "text_list"),
            FieldRule("status.financial", "financial_status"),
            FieldRule("status.fulfilment", "fulfillment_status"),
            FieldRule("status.cancel_reason", "cancel_reason"),
            _major("totals.list_amount", "total_line_items_price"),
            _major("totals.discount", "total_discounts"),
            _major("totals.subtotal", "subtotal_price"),
            _major("totals.shipping", "total_shipping_price_set.shop_money.amount"),
            _major("totals.tax", "total_tax"),
            _major("totals.grand", "total_price"),
            address("region.country", "country_code"),
            address("region.subdivision", "province_code"),
            address("region.city", "city"),
            FieldRule("person.ref", "customer.id"),
            address("person.name", "name"),
            address("person.first_name", "first_name"),
            address("person.last_name", "last_name"),
            FieldRule("person.email", ["email", "contact_email"]),
            FieldRule("person.phone", [*(f"{each}.phone" for each in place), "phone"]),
            address("person.line1", "address1"),
            address("person.line2", "address2"),
            address("person.line3", "company"),
            address("person.postcode", "zip"),
        ],
        lists=[
            ListRule(
                "lines",
                "line_items",
                [
                    FieldRule("line_id", "id"),
                    FieldRule("sku", "sku"),
                    FieldRule("title", "title"),
                    FieldRule("quantity", "quantity", "quantity"),
                    FieldRule("unit_price", "price", "decimal"),
                    FieldRule("current_quantity", "current_quantity", "quantity"),
                    FieldRule(
                        "attributes.gift_card",
                        "gift_card",
                        "table",
                        table={"true": "true", "false": ""},
                    ),
                ],
                lists=[_shopify_discounts(), _shopify_taxes()],
            ),
            ListRule(
                "charges",
                "shipping_lines",
                [
                    FieldRule("charge_id", "id"),
                    _constant("kind", "shipping"),
                    FieldRule("title", "title"),
                    _major("amount", "price"),
                ],
                lists=[_shopify_discounts(), _shopify_taxes()],
            ),
            ListRule(
                "charges",
                "",
                [_constant("kind", "tip"), _major("amount", "total_tip_received", default="0")],
            ),
            ListRule(
                "coupons", "discount_codes", [FieldRule("code", "code"), _major("amount", "amount")]
            ),
            _shopify_payments("transactions"),
            ListRule(
                "refunds",
                "refunds",
                [
                    FieldRule("refund_id", "id"),
                    FieldRule("at", ["processed_at", "created_at"], "instant"),
                    FieldRule("reason", "note"),
                ],
                lists=[
                    ListRule(
                        "units",
                        "refund_line_items",
                        [
                            FieldRule("line_id", "line_item_id"),
                            FieldRule("quantity", "quantity", "quantity"),
                            _major("amount", "subtotal"),
                            _major("tax", "total_tax"),
                            FieldRule("restock", "restock_type"),
                        ],
                    ),
                    ListRule(
                        "charges",
                        "order_adjustments",
                        [
                            FieldRule("charge_id", "id"),
                            FieldRule("kind", "kind", "table", table=refund_kinds, required=True),
                            _major("amount", "amount", sign="negate"),
                            _major("tax", "tax_amount", sign="negate"),
                        ],
                    ),
                    _shopify_payments("transactions"),
                ],
            ),
            ListRule(
                "fulfilments",
                "fulfillments",
                [
                    FieldRule("fulfilment_id", "id"),
                    FieldRule("status", "status"),
                    FieldRule("at", "created_at", "instant"),
                    FieldRule("carrier", "tracking_company"),
                    FieldRule("tracking", ["tracking_numbers", "tracking_number"], "text_list"),
                ],
                lists=[
                    ListRule(
                        "units",
                        "line_items",
                        [
                            FieldRule("line_id", "id"),
                            FieldRule("quantity", "quantity", "quantity"),
                        ],
                    )
                ],
            ),
        ],
        ignored=_SHOPIFY_IGNORED,
    )


def woocommerce(shop: str = "") -> ChannelMapping:
    """A WooCommerce REST v3 order, alone or in a list.

    Line amounts are of whole lines, without tax whatever the shop shows; the time is the GMT
    field, since the local one may name an hour that never was.

    Example:
        >>> woocommerce().channel
        ChannelId('woocommerce')
    """
    place = ("shipping", "billing")

    def address(target: str, name: str) -> FieldRule:
        return FieldRule(target, [f"{each}.{name}" for each in place])

    rounded = {"rounding": "half_up"}
    taxes = ListRule(
        "taxes",
        "taxes",
        [FieldRule("amount", "total", "money_major", default="0", options=rounded)],
    )
    return ChannelMapping(
        channel="woocommerce",
        fields=[
            FieldRule("external_id", "id"),
            *([_constant("shop", shop)] if shop else []),
            FieldRule("display_number", "number"),
            FieldRule("version", "date_modified_gmt"),
            FieldRule("placed_at", "date_created_gmt", "instant_utc"),
            FieldRule("currency", "currency", "currency"),
            _constant("tax_included", "false", "boolean"),
            FieldRule("customer", "customer_id", options={"absent": "0"}),
            FieldRule("note", "customer_note"),
            FieldRule("status.order", "status"),
            FieldRule("attributes.payment_method", "payment_method"),
            FieldRule("attributes.paid_at", "date_paid_gmt"),
            _major("totals.discount", "discount_total"),
            _major("totals.shipping", "shipping_total"),
            _major("totals.tax", "total_tax"),
            _major("totals.grand", "total"),
            address("region.country", "country"),
            address("region.subdivision", "state"),
            address("region.city", "city"),
            address("person.first_name", "first_name"),
            address("person.last_name", "last_name"),
            FieldRule("person.email", "billing.email"),
            address("person.phone", "phone"),
            address("person.line1", "address_1"),
            address("person.line2", "address_2"),
            address("person.line3", "company"),
            address("person.postcode", "postcode"),
        ],
        lists=[
            ListRule(
                "lines",
                "line_items",
                [
                    FieldRule("line_id", "id"),
                    FieldRule("sku", "sku"),
                    FieldRule("title", "name"),
                    FieldRule("quantity", "quantity", "quantity"),
                    _major("list_amount", "subtotal"),
                    _major("amount", "total"),
                    FieldRule("tax_category", "tax_class"),
                ],
                lists=[taxes],
            ),
            ListRule(
                "charges",
                "shipping_lines",
                [
                    FieldRule("charge_id", "id"),
                    _constant("kind", "shipping"),
                    FieldRule("title", "method_title"),
                    _major("amount", "total"),
                ],
                lists=[taxes],
            ),
            ListRule(
                "charges",
                "fee_lines",
                [
                    FieldRule("charge_id", "id"),
                    _constant("kind", "fee"),
                    FieldRule("title", "name"),
                    _major("amount", "total"),
                ],
                lists=[taxes],
            ),
            ListRule(
                "coupons",
                "coupon_lines",
                [FieldRule("code", "code"), _major("amount", "discount")],
            ),
            ListRule(
                "refunds",
                "refunds",
                [
                    FieldRule("refund_id", "id"),
                    FieldRule("reason", "reason"),
                    _major("amount", "total", sign="absolute"),
                ],
            ),
        ],
        ignored=_WOO_IGNORED,
    )


COUNTRY_LABELS: FrozenMap[str, str] = FrozenMap(
    {
        "Australia": "AU",
        "Austria": "AT",
        "Bahrain": "BH",
        "Belgium": "BE",
        "Brazil": "BR",
        "Canada": "CA",
        "Channel Islands": "JE",
        "Cyprus": "CY",
        "Czech Republic": "CZ",
        "Denmark": "DK",
        "EIRE": "IE",
        "European Community": "",
        "Finland": "FI",
        "France": "FR",
        "Germany": "DE",
        "Greece": "GR",
        "Hong Kong": "HK",
        "Iceland": "IS",
        "Israel": "IL",
        "Italy": "IT",
        "Japan": "JP",
        "Lebanon": "LB",
        "Lithuania": "LT",
        "Malta": "MT",
        "Netherlands": "NL",
        "Norway": "NO",
        "Poland": "PL",
        "Portugal": "PT",
        "RSA": "ZA",
        "Saudi Arabia": "SA",
        "Singapore": "SG",
        "Spain": "ES",
        "Sweden": "SE",
        "Switzerland": "CH",
        "USA": "US",
        "United Arab Emirates": "AE",
        "United Kingdom": "GB",
        "Unspecified": "",
    }
)
"""Country labels of a UK wholesaler's invoices; empty where a label names no country."""


def invoice_rows(
    channel: str,
    *,
    currency: str,
    zone: Zone,
    countries: Mapping[str, str] = COUNTRY_LABELS,
) -> ChannelMapping:
    """A table of invoice lines in the layout of the UCI data set "Online Retail".

    Columns: InvoiceNo, StockCode, Description, Quantity, InvoiceDate (local, naive), UnitPrice,
    CustomerID, Country. ``C`` before a number is a credit, ``A`` an account booking. Codes of
    carriage, fees, discounts, vouchers and the like are not goods.

    Args:
        channel: The channel's id.
        currency: The currency of all prices.
        zone: Where the clocks of the invoices hang.
        countries: The labels of the Country column and their ISO codes.

    Example:
        >>> mapping = invoice_rows("wholesale", currency="GBP", zone=Zone.load("Europe/London"))
        >>> mapping.line_kind("POST").value, mapping.document_kind("C536379").value
        ('shipping', 'credit')
    """
    return ChannelMapping(
        channel=channel,
        zone=zone,
        fields=[
            FieldRule("external_id", "InvoiceNo"),
            FieldRule("placed_at", "InvoiceDate", "instant_local"),
            _constant("currency", currency, "currency"),
            FieldRule("customer", "CustomerID"),
            FieldRule("region.country", "Country", "table", table=countries),
        ],
        lists=[
            ListRule(
                "lines",
                "",
                [
                    FieldRule("sku", "StockCode"),
                    FieldRule("title", "Description"),
                    FieldRule("quantity", "Quantity", "quantity"),
                    FieldRule("unit_price", "UnitPrice", "decimal"),
                ],
            )
        ],
        line_rules=[
            LineRule("shipping", codes=["POST", "DOT", "C2"]),
            LineRule("discount", codes=["D"]),
            LineRule("manual", codes=["M", "m", "PADS"]),
            LineRule("sample", codes=["S"]),
            LineRule("fee", codes=["AMAZONFEE", "BANK CHARGES"]),
            LineRule("donation", codes=["CRUK"]),
            LineRule("voucher", prefixes=["gift_0001_"]),
        ],
        document_rules=[
            DocumentRule("credit", prefix="C"),
            DocumentRule("account", prefix="A"),
        ],
        tag_rules=[
            TagRule("damaged", words=["damage", "broken", "crush", "smash", "wet"]),
            TagRule("lost", words=["lost", "missing"]),
            TagRule("found", words=["found"]),
        ],
    )
