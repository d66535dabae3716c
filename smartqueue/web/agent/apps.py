from django.apps import AppConfig


class Agent(AppConfig):
    name = "smartqueue.web.agent"
    label = "web_agent"
