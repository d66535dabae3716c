from tests.web.shared.browser import chromium, gallery_url, open_page

__all__ = ["chromium", "gallery_url", "open_page"]
