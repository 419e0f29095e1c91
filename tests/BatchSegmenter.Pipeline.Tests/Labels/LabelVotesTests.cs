using BatchSegmenter.Pipeline.Labels;

namespace BatchSegmenter.Pipeline.Tests.Labels;

public sealed class LabelVotesTests
{
    [Fact]
    public void A_core_votes_in_full_and_context_with_less()
    {
        LabelVotes votes = new(3, 2);
        int[] coreOf = [0, 1, -1];

        votes.Add([0, 1, 2], [0.75f, 0.25f, 0.5f, 0.5f, 0, 1], 0, coreOf);
        votes.Add([1, 0], [1, 0, 0, 1], 1, coreOf);

        float context = LabelVotes.ContextWeight;
        Assert.Equal([0.75f, 0.25f + context], votes[0].ToArray());
        Assert.Equal([1 + context / 2, context / 2], votes[1].ToArray());
        Assert.Equal([0, context], votes[2].ToArray());
    }

    [Fact]
    public void What_no_block_saw_has_no_votes() => Assert.Equal([0f, 0f, 0f], new LabelVotes(2, 3)[1].ToArray());
}
