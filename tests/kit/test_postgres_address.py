"""An address is taken apart as libpq does it, for every driver."""

from app.kit.db.postgres_address import PostgresAddress, driver_address

ADDRESS = "postgresql://u%2B:p+w%40@h:5/a%20b?application_name=b+c&passfile=d+e&connect_timeout=7"


def test_a_plus_is_itself_for_libpq() -> None:
    words = PostgresAddress.parse(ADDRESS, "URL").words()

    assert words == (
        "host='h' port='5' user='u+' password='p+w@' dbname='a b'"
        " application_name='b+c' passfile='d+e' connect_timeout='7'"
    )


def test_the_driver_gets_the_options_that_it_knows_and_a_timeout() -> None:
    address = "postgresql://u%2B:p+w%40@h:5/a%20b?passfile=d%2Be"

    assert driver_address(ADDRESS) == (address, 7.0)
