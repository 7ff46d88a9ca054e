"""A model card as the README.md of a repository on the Hugging Face Hub."""

import html
import json
import math
from collections.abc import Mapping
from typing import Any

from tfnss.metrics.names import CONDITIONS
from tfnss.running.file_names import SAVED_MODEL
from tfnss.running.hub import SCHEME
from tfnss.running.option import in_words

_TASK = "unconditional-image-generation"  # the Hub's nearest, for classes too
_TAGS = ("gan", "image-generation", "keras", "tensorflow")
_MOST_CLASSES = 100


def readme(
    card: Mapping[str, Any], address: str, picture: str, license: str | None = None, summary: str | None = None
) -> str:
    """The text of a README.md.

    Args:
        card: A run's model card, as its exported model has it.
        address: `hf://USER/NAME`, perhaps with `@REVISION`.
        picture: Name of the picture of samples beside it.
        license: An identifier of the Hub's, such as `cc-by-4.0`; None for none.
        summary: What the recipe says of itself; None where it does not hold for these images.
    """
    parts = [
        "---\n" + _yaml(_front_matter(card, address, license)) + "---",
        f"# {_text(_repository(address).partition('/')[2])}",
        f"![Samples]({picture})",
        _about(card, summary),
        _how_to_use(card, address),
        _measured(card),
        _settings(card),
        _licence(license),
    ]
    return "\n\n".join(parts) + "\n"


# -- the front matter ---


def _front_matter(card: Mapping[str, Any], address: str, license: str | None) -> dict[str, Any]:
    values, settings = _values(card), card["settings"]
    entries: dict[str, Any] = {} if license is None else {"license": license}
    entries |= {
        "library_name": "tfnss",
        "pipeline_tag": _TASK,
        "tags": [*_TAGS, card["recipe"]],
    }
    if values:
        data = _plain(settings.get("data", "unknown"))
        metrics = [
            {"type": name, "name": f"{name} ({_conditions(card['metrics'])})", "value": value}
            for name, value in values.items()
        ]
        result = {
            "task": {"type": _TASK, "name": "image generation"},
            "dataset": {"type": data, "name": data},
            "metrics": metrics,
        }
        entries |= {"metrics": list(values), "model-index": [{"name": _repository(address), "results": [result]}]}
    return entries


def _yaml(value: Any) -> str:
    """Objects, lists, strings and numbers as YAML of a kind that every reader of it has: strings as in JSON."""
    lines = []
    if isinstance(value, Mapping):
        for key, each in value.items():
            nested = isinstance(each, (Mapping, list))
            lines.append(f"{key}:\n{_indented(_yaml(each))}" if nested else f"{key}: {_scalar(each)}\n")
    else:
        for each in value:
            text = _yaml(each) if isinstance(each, (Mapping, list)) else f"{_scalar(each)}\n"
            lines.append("- " + _indented(text)[2:])
    return "".join(lines)


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def _scalar(value: Any) -> str:
    if isinstance(value, float):
        text = f"{value:.6g}"
        return text.replace("e", ".0e") if "e" in text and "." not in text else text  # else a string, to YAML 1.1
    return json.dumps(_plain(value) if isinstance(value, str) else value, ensure_ascii=False)


# -- the text ---


def _about(card: Mapping[str, Any], summary: str | None) -> str:
    about = "" if summary is None else f" ({_text(summary).rstrip('.')})"
    height, width = card["resolution"]
    sentences = [
        f"A generative adversarial network that makes images of {width}x{height} pixels, trained with tfnss by the "
        f"recipe {_text(card['recipe'])}{about}. It saw {card['images_seen']} images of the data set "
        f'"{_text(card["settings"].get("data", "unknown"))}".',
    ]
    if card.get("best"):
        best = card["best"]
        sentences.append(
            f"Of its run it is the checkpoint with the lowest {_text(best['metric'])}, {best['value']:.6g}."
        )
    names = card.get("class_names") or []
    if names:
        more = f" and {len(names) - _MOST_CLASSES} more" if len(names) > _MOST_CLASSES else ""
        sentences.append(f"Its classes are {', '.join(map(_text, names[:_MOST_CLASSES]))}{more}.")
    elif card.get("classes"):
        sentences.append(f"It has {card['classes']} classes.")
    sentences.append("The picture shows the images of the seeds from 0 on, not chosen.")
    return " ".join(sentences)


def _how_to_use(card: Mapping[str, Any], address: str) -> str:
    repository, _, revision = address.removeprefix(SCHEME).partition("@")
    at = f', revision="{revision}"' if revision else ""
    labels = ", labels=tf.zeros([4], tf.int32)" if card.get("classes") else ""
    return f"""## How to use it

With tfnss (`pip install 'tfnss[hub]'`), which builds the networks itself and loads the weights alone:

```sh
tfnss generate {address} --out out
tfnss train {card["recipe"]} --data DIR --init {address}
```

With TensorFlow alone. A SavedModel is a program: load those of people whom you trust.

```python
import tensorflow as tf
from huggingface_hub import snapshot_download

folder = snapshot_download("{repository}"{at}, allow_patterns="{SAVED_MODEL}/*")
model = tf.saved_model.load(folder + "/{SAVED_MODEL}")
latents = tf.random.normal([4, {card["latent_dim"]}])
images = model.signatures["serving_default"](latents=latents{labels})["images"]  # uint8
```"""


def _measured(card: Mapping[str, Any]) -> str:
    values, paper = _values(card), card.get("paper")
    told = [f"The paper's figures for these settings: {_text(paper)}."] if paper else []
    if not values:
        return "\n\n".join(["## Metrics", "None were measured at this moment of the run.", *told])
    rows = [f"| {_text(name)} | {_scalar(value)} |" for name, value in values.items()]
    table = "\n".join(["| metric | value |", "| --- | --- |", *rows])
    return "\n\n".join(["## Metrics", table, f"Measured on {_text(_conditions(card['metrics']))}.", *told])


def _settings(card: Mapping[str, Any]) -> str:
    rows = [
        f"| {_text(name)} | {_text('none' if value is None else in_words(value))} |"
        for name, value in card["settings"].items()
    ]
    return "\n".join(["## Settings", "", "| setting | value |", "| --- | --- |", *rows])


def _licence(license: str | None) -> str:
    said = (
        "Who put this here has not said under which licence it is."
        if license is None
        else f"Licence: {_text(license)}."
    )
    return f"## Licence\n\n{said}"


def _values(card: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of the card's measurement, by the names of their metrics."""
    record = card.get("metrics") or {}
    found = {name: value for name, value in record.items() if name not in (*CONDITIONS, "kimg")}
    return {n: float(v) for n, v in found.items() if isinstance(v, int | float) and math.isfinite(v)}


def _conditions(record: Mapping[str, Any]) -> str:
    networks = [str(record[name]) for name in ("network", "perceptual_network") if record.get(name)]
    stand_in = f", by {record['reference']}" if record.get("reference") else ""
    reals = f"{record.get('real_images') or 'an unknown number of'} real ones of {record.get('reals')}{stand_in}"
    return "; ".join([f"{record.get('fake_images')} images against {reals}", *networks])


def _repository(address: str) -> str:
    return address.removeprefix(SCHEME).partition("@")[0]


def _plain(value: Any) -> str:
    """Words on one line, without characters that cannot be seen."""
    return "".join(each if each.isprintable() else " " for each in str(value))


def _text(value: Any) -> str:
    """A value as words of Markdown."""
    text = html.escape(_plain(value), quote=False)
    return "".join("\\" + each if each in "\\`*_[]|#" else each for each in text)
