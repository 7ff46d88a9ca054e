import re
from pathlib import Path

import recipes

ROOT = Path(recipes.__file__).parents[1]


def test_the_first_code_block_is_two_commands():
    block = re.search(r"^```\w*\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE).group(1)
    run, test = block.strip().splitlines()
    assert run.endswith("-m recipes.dcgan_photos --nss")
    assert "pytest" in test


def test_every_recipe_is_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    for path in ROOT.glob("recipes/*_*.py"):
        if not path.stem.startswith("_"):
            assert path.stem in readme
