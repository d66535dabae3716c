from django.apps import AppConfig


class TravelConfig(AppConfig):
    name = "smartqueue.travel"
    label = "travel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Enter the routing engines where queries find them."""
        from smartqueue.travel.providers import osrm, valhalla
        from smartqueue.travel.queries.engines import ENGINES
        from smartqueue.travel.states import Engine

        ENGINES[Engine.OSRM] = (osrm.ask, osrm.MODES)
        ENGINES[Engine.VALHALLA] = (valhalla.ask, valhalla.MODES)
