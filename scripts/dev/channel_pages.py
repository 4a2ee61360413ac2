"""The messages of the channels, as pages: what the core's snapshots hold, drawn as each channel draws it.

Teams' card is drawn by Microsoft's own renderer (npm's adaptivecards, of scripts/dev/npm) with Teams' settings as far as they
are known; the others by rules that are as simple as their messages.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MODULES = Path(os.environ.get("LINT_MODULES") or ROOT / "target" / "lint" / "node_modules")
SNAPSHOTS = ROOT / "crates/core/src/notification/snapshots"

_STYLE = """
body { margin: 0; padding: 20px 24px; background: #fff; color: #1d1c1d; font: 14px/1.46 "DejaVu Sans", sans-serif; }
.app { display: flex; gap: 10px; }
.icon { flex: none; width: 36px; height: 36px; border-radius: 6px; background: #2f6f4f; color: #fff; font-weight: bold;
  text-align: center; line-height: 36px; }
.name { font-weight: bold; } .time { color: #616061; font-size: 12px; font-weight: normal; }
.name small { background: #e8e8e8; color: #616061; font-size: 10px; padding: 1px 3px; border-radius: 2px; font-weight: normal; }
.text { min-width: 0; flex: 1; }
h1 { margin: 6px 0 8px; font-size: 17px; line-height: 1.3; }
p, ul, pre { margin: 0 0 6px; overflow-wrap: anywhere; white-space: pre-wrap; }
ul { padding-left: 24px; white-space: normal; } a { color: #1264a3; text-decoration: none; }
pre { padding: 8px; background: #f8f8f8; border: 1px solid #dddddd; border-radius: 4px;
  font: 11.5px/1.5 "DejaVu Sans Mono", monospace; }
table { border-collapse: collapse; margin: 4px 0 10px; width: 100%; }
th { width: 160px; padding: 3px 12px 3px 0; color: #616061; font-weight: normal; text-align: left; vertical-align: top; }
td { padding: 3px 0; overflow-wrap: anywhere; }
.block { margin-bottom: 8px; }
"""


def message(channel: str, name: str) -> Any:
    """A message of the core's tests."""
    snapshot = SNAPSHOTS / f"tag_compliance_core__notification__tests__{channel}-{name}.snap"
    return json.loads(snapshot.read_text(encoding="utf-8").split("---\n", 2)[2])


def slack(name: str = "alert") -> str:
    """Blocks as Slack shows them."""
    return _page(_posted("".join(_block(block) for block in message("slack", name)["blocks"])))


def chat(name: str = "alert") -> str:
    """A custom notification as Amazon Q Developer posts it into Slack."""
    content = message("chat", name)["content"]
    # A block of code, or a line between two of them.
    parts = re.findall(r"```\n(.*?)\n```|([^\n]+)", content["description"], flags=re.DOTALL)
    body = "".join(f"<pre>{_entities(code)}</pre>" if code else f"<p>{_linked(line)}</p>" for code, line in parts)
    return _page(_posted(f"<h1>{html.escape(content['title'])}</h1>{body}", "Amazon Q"))


def teams(name: str = "alert") -> str:
    """A card as Teams shows it."""
    [attachment] = message("teams", name)["attachments"]
    renderer = (MODULES / "adaptivecards/dist/adaptivecards.min.js").read_text(encoding="utf-8")
    # Nothing in JSON ends a script but this.
    card = json.dumps(attachment["content"]).replace("</", "<\\/")
    return f"""<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 16px; background: #f5f5f5; }}
#card {{ background: #fff; border: 1px solid #e0e0e0; border-radius: 6px; overflow-wrap: anywhere; }}
#card a {{ color: #4f52b2; text-decoration: none; }}
.ac-pushButton {{ padding: 5px 14px; border: 1px solid #d1d1d1; border-radius: 4px; background: #fff; font-weight: bold; }}
</style><div id="card"></div><script>{renderer}</script><script>
const card = new AdaptiveCards.AdaptiveCard();
card.hostConfig = new AdaptiveCards.HostConfig({json.dumps(_TEAMS)});
card.parse({card});
document.getElementById("card").append(card.render());
</script>"""


def pagerduty(name: str = "alert") -> str:
    """An alert as PagerDuty shows it: its fields."""
    event = message("pagerduty", name)
    payload = event["payload"]
    fields = {name: payload[name] for name in ("severity", "source", "group", "class", "timestamp") if name in payload}
    links = "".join(f"<p>{_link(link['href'], link['text'])}</p>" for link in event["links"])
    return _page(f"<h1>{html.escape(payload['summary'])}</h1>{_fields(fields)}{links}{_fields(payload['custom_details'])}")


def jsm(name: str = "alert") -> str:
    """An alert as Jira Service Management shows it: its fields."""
    alert = message("jsm", name)
    fields = {name: alert[name] for name in ("priority", "entity", "source")}
    description = f"<pre>{_linked(alert['description'])}</pre>"
    return _page(f"<h1>{html.escape(alert['message'])}</h1>{_fields(fields)}{description}{_fields(alert['details'])}")


def _page(body: str) -> str:
    return f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>{body}'


def _posted(body: str, name: str = "Tag Compliance") -> str:
    app = f'<div class="name">{name} <small>APP</small> <span class="time">10:00 AM</span></div>'
    return f'<div class="app"><div class="icon">{name[0]}</div><div class="text">{app}{body}</div></div>'


def _block(block: Any) -> str:
    if block["type"] == "header":
        return f"<h1>{html.escape(block['text']['text'])}</h1>"
    return f'<div class="block">{"".join(map(_rich, block["elements"]))}</div>'


def _rich(element: Any) -> str:
    inner = "".join(map(_rich, element.get("elements", [])))
    kinds: dict[str, Callable[[], str]] = {
        "rich_text_section": lambda: f"<p>{inner}</p>",
        "rich_text_preformatted": lambda: f"<pre>{inner}</pre>",
        "rich_text_list": lambda: f"<ul>{inner.replace('<p>', '<li>').replace('</p>', '</li>')}</ul>",
        "link": lambda: _link(element["url"], element["text"]),
        "text": lambda: _bold(element) if element.get("style") else html.escape(element["text"]),
    }
    return kinds[element["type"]]()


def _bold(element: Any) -> str:
    return f"<b>{html.escape(element['text'])}</b>"


def _link(url: str, text: str) -> str:
    return f'<a href="{html.escape(url)}">{html.escape(text)}</a>'


def _linked(text: str) -> str:
    """The text with a link for each address, as chats make it."""
    return re.sub(r"https://\S+", lambda url: _link(html.unescape(url[0]), html.unescape(url[0])), html.escape(text))


def _entities(text: str) -> str:
    """What Slack shows of text in which `&`, `<` and `>` are entities; they are the same in HTML."""
    return text.replace('"', "&quot;")


def _fields(fields: dict[str, Any]) -> str:
    def shown(value: Any) -> str:
        if not isinstance(value, list):
            return html.escape(str(value))
        return "".join(f"<pre>{html.escape(line)}</pre>" for line in value)

    rows = (f"<tr><th>{html.escape(name)}</th><td>{shown(value)}</td></tr>" for name, value in fields.items())
    return f"<table>{''.join(rows)}</table>"


def _colors(**colors: str) -> dict[str, Any]:
    return {name: {"default": color, "subtle": color} for name, color in colors.items()}


_FOREGROUND = _colors(default="#242424", accent="#4f52b2", attention="#c4314b", warning="#835c00", good="#237b4b")
_TEAMS: dict[str, Any] = {
    "supportsInteractivity": True,
    "fontTypes": {
        "default": {
            "fontFamily": "DejaVu Sans, sans-serif",
            "fontSizes": {"small": 12, "default": 14, "medium": 16, "large": 18, "extraLarge": 22},
            "fontWeights": {"lighter": 200, "default": 400, "bolder": 700},
        },
        "monospace": {
            "fontFamily": "DejaVu Sans Mono, monospace",
            "fontSizes": {"small": 12, "default": 14, "medium": 16, "large": 18, "extraLarge": 22},
            "fontWeights": {"lighter": 200, "default": 400, "bolder": 700},
        },
    },
    "spacing": {"small": 4, "default": 12, "medium": 16, "large": 24, "extraLarge": 32, "padding": 16},
    "containerStyles": {
        "default": {"backgroundColor": "#ffffff", "foregroundColors": _FOREGROUND},
        "emphasis": {"backgroundColor": "#f0f0f0", "foregroundColors": _FOREGROUND},
    },
    "actions": {"actionsOrientation": "horizontal", "actionAlignment": "left", "buttonSpacing": 8},
}
