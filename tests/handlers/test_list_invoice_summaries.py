from lambdas.aws.payer_role import NoAccess
from tests.handlers.conftest import ACME, BOREAL, World, invoice


def listing(world: World, payer: str = ACME) -> dict[str, object]:
    key = next(k for k in world.keys("runs/") if k.endswith(f"{payer}/listing.json"))
    return dict(world.read(key))


def listed_ids(world: World, payer: str = ACME) -> list[str]:
    return [one["invoice_id"] for one in listing(world, payer)["invoices"]]  # type: ignore[attr-defined]


def test_both_listings_are_united_by_invoice_id(world: World) -> None:
    world.catalogue.payers[ACME] = [
        invoice("BOTH"),
        invoice("OLD-PERIOD", period="2026-05", issued="2026-11-04"),
        invoice("OLD-ISSUE", period="2026-10", issued="2026-08-31"),
    ]
    world.run()
    listings = {one["invoice_id"]: one["listings"] for one in listing(world)["invoices"]}  # type: ignore[attr-defined]
    assert listings == {
        "BOTH": ["billing_period", "issued_date"],
        "OLD-PERIOD": ["issued_date"],
        "OLD-ISSUE": ["billing_period"],
    }
    assert world.payer(period="2026-05")["archived"] == 1


def test_all_pages_are_read(world: World) -> None:
    world.catalogue.payers[ACME] = [invoice(f"N{n:04d}", document=b"") for n in range(230)]
    world.run({"dry_run": True})
    assert len(listed_ids(world)) == 230
    assert world.requests()["calls"][ACME]["ListInvoiceSummaries"] >= 3


def test_no_access_is_an_outcome_and_not_an_error(world: World) -> None:
    world.roles.denied |= {ACME, BOREAL}
    world.run()
    assert not any(isinstance(error, NoAccess) for error in world.errors)
    assert listing(world)["outcome"] == "NO_ACCESS"
