"""Finding the people a tenant serves."""

from django.db.models import F, Func, IntegerField, QuerySet, TextField, UUIDField, Value

from smartqueue.customers.models import Customer

LONGEST_SOUGHT = 100


class Matching(Func):
    """Ids of at most 400 likely customers of the scope's tenant (migration 0003 says why a function)."""

    function = "customers_matching"
    output_field = UUIDField()
    set_returning = True


class Only(Func):
    """`(SELECT f(...))`: a function's rows as the right side of IN."""

    template = "(SELECT %(expressions)s)"
    output_field = UUIDField()


def find_customers(text: str) -> QuerySet[Customer]:
    """Customers of the scope's tenant whose name, phone or e-mail resembles `text`, best first.

    Accents and case do not count and a typo is forgiven; digits are looked for inside phone numbers, however they are
    grouped. Each row has its `rank`, from 0 to 1000. Fewer than two signs (three digits) find nobody.
    """
    sought = Value(text.strip()[:LONGEST_SOUGHT], output_field=TextField())
    rank = Func(sought, F("full_name"), F("phone"), F("email"), function="customers_rank", output_field=IntegerField())
    return Customer.objects.filter(id__in=Only(Matching(sought))).annotate(rank=rank).order_by("-rank", "-id")


def customer_of_phone(phone: str) -> Customer | None:
    """The customer of the scope's tenant with this number in E.164."""
    return Customer.objects.filter(phone=phone).first() if phone else None
