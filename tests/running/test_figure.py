from tfnss.running.figure import Figure, doubts_in_words, in_words


def test_figures_of_a_source_are_said_together():
    stands = {"seeds": 5, "paper": "NSS-GAN", "table": 6}
    figures = [Figure("fid", 7.2, 0.251, **stands), Figure("is", 4.61, **stands), Figure("ppl_end", 129.4, seeds=1)]
    assert in_words(figures) == "FID 7.20 ± 0.25, IS 4.61 (5 seeds; NSS-GAN, table 6), PPL (end) 129.4 (1 seed)"
    assert in_words([Figure("mc", 0.53), Figure("recall", 0.5)]) == "MC 0.530, recall 0.500"
    assert in_words([]) == ""


def test_doubts_are_said_once():
    figures = [Figure("fid", 1, doubt="a slip"), Figure("is", 2), Figure("fid", 3, 1, doubt="a slip")]
    assert doubts_in_words(figures) == "FID 1.00, FID 3.00 (a slip)"
    assert doubts_in_words(figures[1:2]) == ""


def test_figures_can_be_members_of_sets():
    assert len({Figure("fid", 1, settings={"a": 1}), Figure("fid", 1, settings={"a": 1})}) == 1
