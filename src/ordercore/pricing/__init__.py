"""What things cost, why, and what of it comes back."""

from ordercore.pricing.amount import *
from ordercore.pricing.cart import *
from ordercore.pricing.price_list import *
from ordercore.pricing.quote import *
from ordercore.pricing.recorded import *
from ordercore.pricing.refund import *
