"""Draft, preview, publish: the appearance, and the rows that the same way is open to."""

from base64 import b64encode
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from smartqueue.journal.actions.drafts import publish_draft, save_draft
from smartqueue.journal.actions.organisation import BrandDraft, change_brand
from smartqueue.journal.models import Entry
from smartqueue.kernel.errors import Invalid
from smartqueue.tenants.errors import DraftConflict, DraftNotFound
from smartqueue.tenants.models import Draft, Tenant
from smartqueue.tenants.queries import logo_of
from smartqueue.tenants.scope import in_tenant
from smartqueue.web.manage.drafts import KINDS
from tests.cast import NINE, at_the_same_time
from tests.web.manage.ground import form_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
OTHER_PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


@pytest.fixture
def base(bank):
    return f"/{bank.slug}/manage/"


@pytest.fixture
def draft(bank, moussa):
    """`draft(kind, object_id, **values)`"""

    def save(kind, object_id, **values):
        with in_tenant(bank.id):
            return save_draft(
                kind=kind, tenant_id=bank.id, object_id=object_id, values=values, actor=moussa.actor, at=NINE
            )

    return save


@pytest.fixture
def taken_code(bank, site):
    """The code of another site."""
    from smartqueue.sites.models import Site

    with in_tenant(bank.id):
        return Site.objects.create(tenant=bank, name="Agence Fann", code="FANN").code


@pytest.fixture
def publish(bank, moussa):
    def do(kind, object_id, **options):
        with in_tenant(bank.id):
            publish_draft(kind=kind, tenant_id=bank.id, object_id=object_id, actor=moussa.actor, at=NINE, **options)

    return do


def text_of(answer):
    return answer.content.decode()


def whole(page):
    """The form of a site or a service as a browser sends it, in use."""
    return form_of(page) | {"is_active": "on"}


def published(bank):
    return Tenant.objects.get(id=bank.id).brand_colour


def drafts_of(bank):
    with in_tenant(bank.id):
        return list(Draft.objects.all())


def facts(bank):
    with in_tenant(bank.id):
        return list(Entry.objects.filter(kind="update").order_by("id").values_list("fact", flat=True))


PATHS = ["brand/", "drafts/", "drafts/preview/", "drafts/brand.css", "drafts/logo", "drafts/publish/",
         "drafts/tenant/{id}/preview/", "drafts/tenant/{id}/publish/", "drafts/tenant/{id}/discard/"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_who_may(base, bank, path, visit, awa, moussa, cheikh, draft):
    draft(BrandDraft(), bank.id, colour="#123456")
    address = base + path.format(id=bank.id)
    for method in ("get", "post"):
        assert getattr(visit(None), method)(address)["Location"] == f"/sign-in/?next={address}"
        assert getattr(visit(cheikh), method)(address).status_code == 404
        assert getattr(visit(awa), method)(address).status_code == 403
    if "{id}" in path:
        for organisation in (bank.id, uuid4()):
            foreign = f"/{cheikh.tenant.slug}/manage/" + path.format(id=organisation)
            assert "preview" in path or visit(cheikh).post(foreign).status_code == 404
    assert (len(drafts_of(bank)), published(bank)) == (1, "")


def test_the_public_sees_a_colour_and_a_logo_only_once_they_are_published(base, bank, visit, moussa, site):
    person, anybody = visit(moussa), visit()
    logo = SimpleUploadedFile("logo.png", PNG, content_type="image/png")

    kept = person.post(base + "brand/", {"colour": "#ABC", "logo": logo})

    assert (kept.status_code, kept["Location"]) == (303, base + "brand/"), text_of(kept)
    assert "Not published yet." in text_of(person.get(base + "brand/"))
    assert published(bank) == ""
    assert "brand.css" not in text_of(anybody.get(f"/{bank.slug}/"))
    seen = text_of(person.get(base + "drafts/preview/"))
    assert all(words in seen for words in ("Agence Plateau", "Only you see this", f"{base}drafts/brand.css", " inert"))
    assert f'src="{base}drafts/logo"' in seen
    assert "--brand:#aabbcc" in text_of(person.get(base + "drafts/brand.css"))
    assert person.get(base + "drafts/logo").content == PNG
    assert "brand.css" not in text_of(anybody.get(f"/{bank.slug}/"))

    done = person.post(f"{base}drafts/tenant/{bank.id}/publish/")

    assert done["Location"] == base + "drafts/"
    assert published(bank) == "#aabbcc"
    assert bytes(logo_of(bank.id).image) == PNG
    assert "brand.css" in text_of(anybody.get(f"/{bank.slug}/"))
    assert "Everything is published" in text_of(person.get(base + "drafts/"))
    assert facts(bank) == ["tenant.drafted", "tenant.brand_changed", "tenant.published"]
    with in_tenant(bank.id):
        told = Entry.objects.get(fact="tenant.published")
    assert (told.before, told.after) == ({"colour": "", "logo": ""}, {"colour": "#aabbcc", "logo": "…"})


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"colour": "green"}, "colour"),
        ({"colour": "#7e7e7e"}, "colour"),
        ({"logo": SimpleUploadedFile("logo.svg", b"<svg/>")}, "logo"),
        ({"logo": SimpleUploadedFile("logo.png", PNG + bytes(65536))}, "logo"),
    ],
)
def test_what_can_never_be_published_is_not_drafted(base, bank, visit, moussa, typed, field):
    answer = visit(moussa).post(base + "brand/", typed)

    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in text_of(answer)
    assert drafts_of(bank) == []


def test_what_equals_the_published_leaves_the_draft(bank, draft):
    assert draft(BrandDraft(), bank.id, colour="#123456", logo=b64encode(PNG).decode()) is not None
    assert draft(BrandDraft(), bank.id, colour="").values == {"logo": b64encode(PNG).decode()}
    assert draft(BrandDraft(), bank.id, logo="") is None
    assert drafts_of(bank) == []


def test_a_draft_does_not_cover_up_what_somebody_else_has_published(base, bank, visit, moussa, draft, publish):
    draft(BrandDraft(), bank.id, colour="#123456")
    change_brand(tenant_id=bank.id, colour="#0b6b50", actor=moussa.actor, at=NINE)
    draft(BrandDraft(), bank.id, colour="#123457")  # drafting on does not hide it

    with pytest.raises(DraftConflict) as refused:
        publish(BrandDraft(), bank.id)

    assert refused.value.facts["differing"] == {"colour": ["", "#0b6b50", "#123457"]}
    assert published(bank) == "#0b6b50"
    person = visit(moussa)
    page = text_of(person.get(base + "drafts/"))
    assert all(words in page for words in ("Somebody has changed this since.", "#0b6b50", "#123457", "Publish anyway"))
    person.post(f"{base}drafts/tenant/{bank.id}/publish/")
    assert published(bank) == "#0b6b50"
    person.post(f"{base}drafts/tenant/{bank.id}/publish/", {"anyway": "1"})
    assert published(bank) == "#123457"


def test_of_two_who_publish_at_once_one_does(bank, draft, publish):
    draft(BrandDraft(), bank.id, colour="#123456")

    answers = at_the_same_time(*[lambda: publish(BrandDraft(), bank.id)] * 2)

    assert sorted(map(type, answers), key=str) == sorted([type(None), DraftNotFound], key=str)
    assert facts(bank).count("tenant.brand_changed") == 1


def test_two_who_draft_at_once_make_one_draft(bank, draft):
    at_the_same_time(
        *[lambda colour=colour: draft(BrandDraft(), bank.id, colour=colour) for colour in ("#123", "#456")]
    )

    (kept,) = drafts_of(bank)
    assert kept.values["colour"] in {"#112233", "#445566"}
    assert kept.base == {"colour": ""}


def test_a_site_is_drafted_previewed_and_published_by_the_same_way(base, bank, site, visit, moussa, draft, cheikh):
    from smartqueue.sites.models import Site

    kind = KINDS["site"].draftable
    draft(kind, site.id, name="Agence Médina", phone="+221338200000")
    with pytest.raises(Invalid):
        draft(kind, site.id, name="x" * 121)
    person, anybody = visit(moussa), visit()

    assert "Agence Médina" in text_of(person.get(base + "drafts/preview/"))

    assert "Agence Médina" not in text_of(anybody.get(f"/{bank.slug}/"))
    assert facts(bank) == ["site.drafted"]  # the preview has left nothing behind
    assert "Agence Médina" not in text_of(visit(cheikh).get(f"/{cheikh.tenant.slug}/manage/drafts/"))
    person.post(base + "drafts/publish/")
    assert "Agence Médina" in text_of(anybody.get(f"/{bank.slug}/"))
    with in_tenant(bank.id):
        assert Site.objects.get(id=site.id).phone == "+221338200000"
    assert drafts_of(bank) == []


def test_all_are_published_but_the_one_that_has_to_be_looked_at(base, bank, site, visit, moussa, draft):
    draft(KINDS["site"].draftable, site.id, name="Agence Médina")
    draft(BrandDraft(), bank.id, colour="#123456")
    change_brand(tenant_id=bank.id, colour="#0b6b50", actor=moussa.actor, at=NINE)

    person = visit(moussa)
    person.post(base + "drafts/publish/")

    assert [one.object_type for one in drafts_of(bank)] == ["tenant"]
    assert "1 change is published. What is left has to be looked at." in text_of(person.get(base + "drafts/"))


def test_a_draft_is_discarded_once(base, bank, visit, moussa, draft):
    draft(BrandDraft(), bank.id, colour="#123456")
    person, address = visit(moussa), f"{base}drafts/tenant/{bank.id}/discard/"

    assert [person.post(address).status_code for _n in range(2)] == [303, 404]
    assert (drafts_of(bank), published(bank)) == ([], "")


def test_a_site_is_kept_as_a_draft_on_its_own_page_looked_at_and_published_there(base, bank, site, visit, moussa):
    person, anybody = visit(moussa), visit()
    edit, public = f"{base}sites/{site.id}/edit/", f"/{bank.slug}/sites/{site.code}/"
    former = text_of(anybody.get(public))
    typed = whole(person.get(edit)) | {"name": "Agence Médina", "address": "Rue 6", "code": "MED", "draft": "1"}

    kept = person.post(edit, typed)

    assert (kept.status_code, kept["Location"]) == (303, edit), text_of(kept)
    page = text_of(person.get(edit))
    assert all(words in page for words in ("Not published yet.", 'value="Agence Médina"', "Kept as a draft"))
    assert "Not published yet (1)" in text_of(person.get(f"{base}sites/"))
    public = f"/{bank.slug}/sites/MED/"  # what the public sees by no name is saved at once
    assert "Agence Médina" not in text_of(anybody.get(public))
    assert site.name in former
    assert site.name in text_of(anybody.get(public))
    preview = text_of(person.get(f"{base}drafts/site/{site.id}/preview/"))
    assert all(words in preview for words in ("Agence Médina", "Rue 6", "Only you see this", " inert"))
    assert "Agence Médina" not in text_of(anybody.get(public))

    done = person.post(f"{base}drafts/site/{site.id}/publish/", {"here": "1"})

    assert done["Location"] == edit
    assert "Agence Médina" in text_of(anybody.get(public))
    assert "Not published yet" not in text_of(person.get(edit)) + text_of(person.get(f"{base}sites/"))
    assert drafts_of(bank) == []


def test_saving_and_publishing_leaves_no_draft_behind(base, bank, site, visit, moussa, draft):
    draft(KINDS["site"].draftable, site.id, name="Agence Médina")
    person, edit = visit(moussa), f"{base}sites/{site.id}/edit/"

    done = person.post(edit, whole(person.get(edit)))

    assert done["Location"] == f"{base}sites/{site.id}/"
    assert "Agence Médina" in text_of(visit().get(f"/{bank.slug}/"))
    assert drafts_of(bank) == []


def test_a_service_is_kept_as_a_draft_and_seen_where_a_site_offers_it(base, bank, tellers, site, visit, moussa):
    person, anybody = visit(moussa), visit()
    edit, public = f"{base}services/{tellers.service_id}/", f"/{bank.slug}/sites/{site.code}/"
    typed = whole(person.get(edit)) | {"name": "Retrait au guichet", "duration": "7"}

    assert person.post(edit, typed | {"draft": "1"})["Location"] == edit

    assert "Not published yet (1)" in text_of(person.get(f"{base}services/"))
    preview = person.get(f"{base}drafts/service/{tellers.service_id}/preview/")
    assert all(words in text_of(preview) for words in ("Retrait au guichet", site.name))
    assert "Retrait au guichet" not in text_of(anybody.get(public))
    with in_tenant(bank.id):
        assert type(tellers.service).objects.get(id=tellers.service_id).duration_s == 420
    person.post(f"{base}drafts/service/{tellers.service_id}/discard/")
    assert "Retrait au guichet" not in text_of(person.get(edit))


def test_a_page_tells_that_somebody_has_changed_what_is_drafted(base, bank, site, visit, moussa, draft):
    from smartqueue.sites.actions.rows import change_ground
    from smartqueue.sites.models import Site

    draft(KINDS["site"].draftable, site.id, name="Agence Médina")
    with in_tenant(bank.id):
        change_ground(Site, site.id, {"name": "Agence Fann"}, actor=moussa.actor, at=NINE)
    person = visit(moussa)

    assert "Somebody has changed this since." in text_of(person.get(f"{base}sites/{site.id}/edit/"))
    person.post(f"{base}drafts/site/{site.id}/publish/", {"here": "1"})
    assert "Agence Fann" in text_of(visit().get(f"/{bank.slug}/"))
    assert len(drafts_of(bank)) == 1


def test_what_can_never_be_published_is_told_beside_its_field(base, bank, site, visit, moussa, taken_code):
    person, edit = visit(moussa), f"{base}sites/{site.id}/edit/"
    typed = whole(person.get(edit)) | {"name": "Agence Médina", "code": taken_code, "draft": "1"}

    answer = person.post(edit, typed)

    assert answer.status_code == 400
    assert 'id="id_code_error"' in text_of(answer)
    assert drafts_of(bank) == []  # the draft of the same form is not kept either


@pytest.mark.parametrize("kind", ["site", "service"])
def test_a_preview_of_what_is_not_there_is_a_404(base, bank, cheikh, visit, moussa, kind, site, tellers):
    theirs = {"site": site.id, "service": tellers.service_id}[kind]

    assert visit(moussa).get(f"{base}drafts/{kind}/{uuid4()}/preview/").status_code == 404
    assert visit(moussa).get(f"{base}drafts/queue/{uuid4()}/preview/").status_code == 404
    assert visit(cheikh).get(f"/{cheikh.tenant.slug}/manage/drafts/{kind}/{theirs}/preview/").status_code == 404
