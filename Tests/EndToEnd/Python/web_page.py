"""Drives the web page in Chromium: web_page.py URL OUTPUT PICTURE

The server's default collection holds the folders of Caltech-101 photos, and its root `photos` the same folder. PICTURE
is a file to search by. Screenshots are written to the folder OUTPUT. Any error in the browser's console is a failure.
"""

import base64
import pathlib
import shutil
import sys
import tempfile

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

URL, OUTPUT, PICTURE = sys.argv[1].rstrip("/"), pathlib.Path(sys.argv[2]), sys.argv[3]

DROP = """
const [picture, done] = arguments;
const bytes = Uint8Array.from(atob(picture), (c) => c.charCodeAt(0));
const transfer = new DataTransfer();
transfer.items.add(new File([bytes], "dropped.jpg", {type: "image/jpeg"}));
for (const name of ["dragenter", "dragover", "drop"]) {
  document.querySelector("main").dispatchEvent(
    new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
}
done();
"""


class Page:
    def __init__(self, profile):
        options = webdriver.ChromeOptions()
        for argument in [
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={profile}"
        ]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.binary_location = shutil.which("chromium")
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_script_timeout(60)
        self.size(1440, 900)

    def size(self, width, height):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )

    def scheme(self, name):
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]}
        )

    def open(self, path="/"):
        self.driver.get(URL + path)

    def all(self, name):
        return self.driver.find_elements(By.CSS_SELECTOR, f'[data-testid="{name}"]')

    def one(self, name):
        return self.driver.find_element(By.CSS_SELECTOR, f'[data-testid="{name}"]')

    def until(self, condition, what, seconds=30):
        waiting = WebDriverWait(
            self.driver, seconds, 0.05, ignored_exceptions=[StaleElementReferenceException, NoSuchElementException]
        )
        return waiting.until(lambda _: condition(), f"never: {what}")

    def shown(self, name):
        return self.until(lambda: (found := self.one(name)).is_displayed() and found, f"{name} is shown")

    def tiles(self):
        return [tile for tile in self.all("tile") if tile.is_displayed()]

    def pictures_are_there(self):
        """Whether every thumbnail in view has been drawn."""
        script = """return [...document.querySelectorAll('[data-testid="tile"] img, .card img')].filter((image) => {
          const box = image.getBoundingClientRect();
          return box.bottom > 0 && box.top < innerHeight;
        }).every((image) => image.complete && image.naturalWidth > 0)"""
        return self.driver.execute_script(script)

    def screenshot(self, name):
        self.until(self.pictures_are_there, "thumbnails are drawn")
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        self.driver.save_screenshot(str(OUTPUT / f"{name}.png"))

    def check_console(self, step):
        lines = [entry for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        assert not lines, (step, lines)

    def key(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def tile_labels(self):
        return [tile.text for tile in self.tiles()]


def labels_complete_and_search(page):
    page.open()
    page.until(lambda: len(page.tiles()) >= 10, "newest pictures")
    page.screenshot("start")
    page.key("/")
    box = page.one("search-box")
    assert page.driver.switch_to.active_element == box, "the slash goes to the search box"
    box.send_keys("dalm")
    option = '[data-testid="search-options"] [role="option"]'
    page.until(lambda: "dalmatian" in page.driver.find_element(By.CSS_SELECTOR, option).text, "dalmatian among the options")
    page.key(Keys.ARROW_DOWN)
    page.key(Keys.ENTER)
    page.until(lambda: "q=dalmatian" in page.driver.current_url, "the address has the search")
    page.until(lambda: page.tiles() and all("dalmatian" in text for text in page.tile_labels()[:20]), "dalmatians")
    page.until(lambda: page.one("announcer").text or page.one("announcer").get_attribute("textContent"), "an announcement")
    page.screenshot("label")
    page.check_console("label")


def like_and_unlike(page):
    page.tiles()[0].find_element(By.CSS_SELECTOR, "a, button, img").click()
    page.shown("detail")
    page.until(lambda: page.one("detail-image").get_property("naturalWidth") > 0, "the large picture")
    page.until(lambda: page.driver.find_elements(By.CSS_SELECTOR, '[data-testid^="strip-"]'), "strips")
    page.screenshot("detail")
    page.one("detail-like").click()
    page.until(lambda: "like=" in page.driver.current_url, "the address has the example")
    page.shown("tray")
    page.until(lambda: len(page.all("tray-like")) == 1, "one example in the tray")
    page.until(lambda: len(page.tiles()) >= 10, "similar pictures")
    before = [tile.get_attribute("data-id") for tile in page.tiles()]
    page.tiles()[0].find_element(By.CSS_SELECTOR, "a, button, img").click()
    page.shown("detail")
    page.shown("detail-unlike").click()
    page.until(lambda: len(page.all("tray-unlike")) == 1, "one counterexample in the tray")
    page.until(lambda: [tile.get_attribute("data-id") for tile in page.tiles()] != before, "other results")
    page.screenshot("like-unlike")
    address = page.driver.current_url
    # What the address says is what another person sees.
    results = [tile.get_attribute("data-id") for tile in page.tiles()][:5]
    page.driver.get(address)
    page.until(lambda: [tile.get_attribute("data-id") for tile in page.tiles()][:5] == results, "the same results")
    page.one("tray-clear").click()
    page.until(lambda: not page.one("tray").is_displayed(), "an empty tray")
    page.check_console("like")


def drop_and_pick(page):
    data = base64.b64encode(pathlib.Path(PICTURE).read_bytes()).decode()
    page.open()
    page.until(lambda: page.tiles(), "newest pictures")
    page.driver.execute_async_script(DROP, data)
    page.until(lambda: page.tiles() and float(page.tiles()[0].get_attribute("data-score") or 0) > 0.9, "its like")
    page.screenshot("drop")
    page.open()
    page.until(lambda: page.tiles(), "newest pictures")
    page.driver.find_element(By.ID, "picture-file").send_keys(PICTURE)
    page.until(lambda: page.tiles() and float(page.tiles()[0].get_attribute("data-score") or 0) > 0.9, "its like")
    page.check_console("drop")


def filters(page):
    page.open("/?q=crab")
    page.until(lambda: page.tiles(), "crabs")
    if not page.one("filter-label").is_displayed():
        page.one("filter-toggle").click()
    field = page.shown("filter-label")
    field.send_keys("flamingo")
    field.send_keys(Keys.ENTER)
    page.until(lambda: "flamingo" in page.driver.current_url, "the address has the filter")
    # No flamingo is like a crab by more than chance, so they are hidden at first.
    page.shown("no-results")
    page.shown("show-less-alike").click()
    page.until(lambda: page.tiles() and all("flamingo" in text for text in page.tile_labels()), "flamingos alone")
    page.screenshot("filter")
    page.check_console("filter")


def label_edit(page):
    page.open("/?q=nautilus")
    page.until(lambda: page.tiles(), "nautili")
    page.tiles()[0].find_element(By.CSS_SELECTOR, "a, button, img").click()
    field = page.shown("label-input")
    field.send_keys("spiral shell")
    page.one("label-add").click()
    page.until(lambda: any(e.get_attribute("data-value") == "spiral shell" for e in page.all("detail-label")), "the label")
    page.key(Keys.ESCAPE)
    page.until(lambda: not page.one("detail").is_displayed(), "the detail is closed")
    page.open("/?q=spiral+shell")
    page.until(lambda: page.tiles() and "spiral shell" in page.tile_labels()[0], "found by the new label")
    page.check_console("label edit")


def unknown_label(page):
    page.open("/?q=dalmatain")
    suggestion = page.shown("suggestion")
    assert "dalmatian" in suggestion.text, suggestion.text
    page.screenshot("unknown-label")
    suggestion.click()
    page.until(lambda: page.tiles() and "dalmatian" in page.tile_labels()[0], "the suggestion's pictures")
    # The browser tells of each answer of 422 in its console.
    lines = [entry for entry in page.driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert all("422" in line["message"] for line in lines), lines


def less_alike(page):
    page.open("/?q=dalmatian")
    page.shown("hidden-note")
    scores = [float(tile.get_attribute("data-score")) for tile in page.tiles()
              if tile.get_attribute("data-match") == "similar"]
    assert all(score >= 0.5 for score in scores), scores
    before = len(page.all("tile"))
    page.driver.execute_script("document.querySelector('[data-testid=\"hidden-note\"]').scrollIntoView({block: 'center'})")
    page.screenshot("hidden")
    page.shown("show-less-alike").click()
    page.until(lambda: "least=0" in page.driver.current_url, "the address has the bound")
    page.until(lambda: len(page.all("tile")) > before, "more pictures")
    page.until(lambda: any(float(tile.get_attribute("data-score") or 1) < 0.5 for tile in page.all("tile")), "less alike ones")
    if not page.one("filter-least").is_displayed():
        page.one("filter-toggle").click()
    assert page.shown("filter-least").get_attribute("value") == "0"
    page.one("filter-least").send_keys(Keys.END)
    page.until(lambda: "least=1" in page.driver.current_url, "the slider sets the bound")
    page.until(lambda: len(page.all("tile")) == 25, "those with the label alone")
    page.shown("filter-clear").click()
    page.until(lambda: "least" not in page.driver.current_url and len(page.all("tile")) == before, "the usual bound")
    page.check_console("less alike")


def suggestions(page):
    page.open("/?c=partly&tab=suggestions")
    page.until(lambda: len(page.all("suggestion")) >= 20, "suggestions", seconds=60)
    assert {group.get_attribute("data-value") for group in page.all("suggestion-group")} <= {
        "dalmatian", "ibis", "nautilus", "wheelchair"}
    page.screenshot("suggestions")
    count = len(page.all("suggestion"))
    first = page.all("suggestion")[0]
    first_id = first.get_attribute("data-id")
    group = page.all("suggestion-group")[0]
    label = group.get_attribute("data-value")
    first.find_element(By.CSS_SELECTOR, "button.accept").click()
    page.until(lambda: len(page.all("suggestion")) == count - 1, "the accepted one is gone")
    # The keyboard: the next picture has the focus, an arrow goes on, a letter judges.
    focus = "return document.activeElement.closest('[data-testid=\"suggestion\"]')?.dataset.id"
    page.until(lambda: page.driver.execute_script(focus), "the focus on a suggestion")
    page.key(Keys.ARROW_RIGHT)
    rejected = page.driver.execute_script(focus)
    page.key("r")
    page.until(lambda: len(page.all("suggestion")) == count - 2, "the rejected one is gone")
    page.until(lambda: page.driver.execute_script(focus) not in (None, rejected), "the focus goes on")
    left = len(page.all("suggestion-group"))
    page.all("accept-all")[0].click()
    page.until(lambda: len(page.all("suggestion-group")) == left - 1, "the whole group is accepted")
    page.open("/?c=partly&q=" + label)
    page.until(lambda: page.tiles(), "pictures of the label")
    labelled = {tile.get_attribute("data-id") for tile in page.all("tile") if tile.get_attribute("data-match") == "labelled"}
    assert first_id in labelled and rejected not in labelled, (first_id, rejected, labelled)
    page.open("/?c=partly&tab=suggestions")
    page.until(lambda: page.all("suggestion"), "what is left")
    assert rejected not in {one.get_attribute("data-id") for one in page.all("suggestion")
                            if one.find_element(By.XPATH, "ancestor::section[1]").get_attribute("data-value") == label}
    page.check_console("suggestions")


def duplicates(page):
    page.open("/?c=partly")
    page.until(lambda: page.tiles(), "pictures")
    page.shown("tab-duplicates").click()
    page.until(lambda: page.all("duplicate-group"), "versions of one picture", seconds=120)
    assert any("image_0007" in group.find_element(By.CSS_SELECTOR, "img").get_attribute("alt") or "twin" in
               group.find_element(By.CSS_SELECTOR, "img").get_attribute("alt") for group in page.all("duplicate-group"))
    page.screenshot("duplicates")
    page.one("duplicates-identical").click()
    page.until(lambda: len(page.all("duplicate-group")) == 1 and len(page.all("duplicate")) == 2, "the same file twice")
    assert all("twin" in one.text for one in page.all("duplicate"))
    page.all("duplicate")[0].find_element(By.CSS_SELECTOR, "a").click()
    page.shown("detail")
    page.key(Keys.ESCAPE)
    page.until(lambda: not page.one("detail").is_displayed(), "the detail is closed")
    page.one("duplicates-look-alike").click()
    page.until(lambda: page.one("duplicates-look-alike").get_attribute("aria-pressed") == "true", "look-alikes")
    page.check_console("duplicates")


def map_hover(page):
    page.open()
    page.shown("tab-map").click()
    canvas = page.shown("map-canvas")
    page.until(lambda: int(canvas.get_attribute("data-points") or 0) == 500, "500 points")
    size = canvas.size
    hovered = None
    for x in range(-size["width"] // 2 + 20, size["width"] // 2 - 20, 40):
        for y in range(-120, 121, 40):
            ActionChains(page.driver, duration=0).move_to_element_with_offset(canvas, x, y).perform()
            if canvas.get_attribute("data-hover-id"):
                hovered = canvas.get_attribute("data-hover-id")
                break
        if hovered:
            break
    assert hovered, "no point under the pointer"
    page.shown("map-hover")
    page.until(lambda: page.driver.execute_script(
        "return document.querySelector('[data-testid=\"map-hover\"] img').naturalWidth > 0"), "the hover's thumbnail")
    page.screenshot("map")
    ActionChains(page.driver).click().perform()
    page.shown("detail")
    page.key(Keys.ESCAPE)
    page.check_console("map")


def index_job(page):
    page.shown("tab-index").click()
    page.until(lambda: page.one("job-root").get_attribute("value"), "a root")
    page.one("job-folder").send_keys("ibis")
    collection = page.one("job-collection")
    collection.clear()
    collection.send_keys("birds")
    page.one("job-start").click()
    page.until(lambda: page.all("job"), "the job in the list")
    page.until(lambda: "25" in page.one("job").text and page.all("job-summary"), "the job's summary", seconds=120)
    page.screenshot("index")
    page.one("job-open").click()
    page.until(lambda: "c=birds" in page.driver.current_url and len(page.tiles()) >= 10, "the new collection")
    page.check_console("index")


def dark_and_narrow(page):
    page.scheme("dark")
    page.open("/?q=dalmatian")
    page.until(lambda: page.tiles(), "dalmatians")
    background = page.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert sum(int(part) for part in background.strip("rgba()").split(",")[:3]) < 150, background
    page.screenshot("dark")
    page.open("/?c=partly&tab=suggestions")
    page.until(lambda: page.all("suggestion"), "suggestions")
    page.screenshot("dark-suggestions")
    page.one("theme-toggle").click()
    background = page.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert sum(int(part) for part in background.strip("rgba()").split(",")[:3]) > 600, background
    page.one("theme-toggle").click()
    page.scheme("light")
    page.driver.execute_script("localStorage.clear()")
    page.size(360, 740)
    for path, name in [("/?q=dalmatian", "phone"), ("/?tab=map", "phone-map"), ("/?tab=index", "phone-index"),
                       ("/?c=partly&tab=suggestions", "phone-suggestions"), ("/?c=partly&tab=duplicates", "phone-duplicates")]:
        page.open(path)
        page.until(lambda: page.driver.execute_script("return document.readyState") == "complete", "the page")
        if name == "phone":
            page.until(lambda: page.tiles(), "dalmatians")
        if name in ("phone-suggestions", "phone-duplicates"):
            card = name.removeprefix("phone-").removesuffix("s")
            page.until(lambda: page.all(card), name)
        width = page.driver.execute_script("return document.documentElement.scrollWidth")
        assert width <= 360, (name, width)
        page.screenshot(name)
    page.size(1440, 900)
    page.check_console("dark and narrow")


def documentation(page):
    page.open("/docs")
    page.until(lambda: len(page.all("docs-operation")) >= 20, "the operations")
    page.screenshot("docs")
    page.check_console("docs")


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        page = Page(profile)
        try:
            for step in [
                labels_complete_and_search, like_and_unlike, drop_and_pick, filters, less_alike, label_edit, unknown_label,
                map_hover, suggestions, duplicates, index_job, dark_and_narrow, documentation,
            ]:
                try:
                    step(page)
                except Exception:
                    page.driver.save_screenshot(str(OUTPUT / f"failed-{step.__name__}.png"))
                    print("failed at", page.driver.current_url)
                    print(page.driver.get_log("browser"))
                    raise
                print(step.__name__, "passed")
        finally:
            page.driver.quit()
    print("screenshots are in", OUTPUT)


main()
