"""One person's page: why one, why not more, what would change it, and who lives beside it."""

from __future__ import annotations

from fairlead.case.persons.person_file import open_person
from fairlead.engine.catalogue import Catalogue


def test_a_person_who_shares_a_value_with_others_is_shown_beside_them_and_asked_one_question(world) -> None:
    session = world.session("holm")
    catalogue = Catalogue(session.store)
    people = [
        row["person"]
        for row in catalogue.rows("SELECT person FROM persons WHERE grade <> 'attributed' ORDER BY person")
    ]
    catalogue.close()
    files = [open_person(session, person) for person in people[:150]]
    beside = next(file for file in files if file.household)
    other = beside.household[0]
    page = world.as_("holm").get(f"/operations/lanternfish/persons/{beside.row['person']}/").content.decode()
    assert "Family and household beside it" in page
    assert other.person in page
    assert other.shares[0] in page
    back = open_person(session, other.person)
    assert beside.row["person"] in [tie.person for tie in back.household]
    asked = next(file for file in files if file.question)
    page = world.as_("holm").get(f"/operations/lanternfish/persons/{asked.row['person']}/").content.decode()
    assert "What would change it most:" in page


def test_the_first_page_says_how_many_people_before_how_many_records(world) -> None:
    page = world.as_("holm").get("/operations/lanternfish/").content.decode()
    assert "behind" in page.split("about ", 1)[1][:400]
