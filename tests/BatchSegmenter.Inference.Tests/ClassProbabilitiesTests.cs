namespace BatchSegmenter.Inference.Tests;

public sealed class ClassProbabilitiesTests
{
    [Fact]
    public void TurnsLogitsIntoSoftmax()
    {
        float[] scores = [0, MathF.Log(3), 1000, 1000, -5000, 5000];
        ClassProbabilities.FromScores(ScoreKind.Logits, scores, 2);
        float[] expected = [0.25f, 0.75f, 0.5f, 0.5f, 0, 1];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], scores[i], 1e-6f);
    }

    [Fact]
    public void TurnsLogarithmsIntoProbabilities()
    {
        float[] scores = [MathF.Log(0.25f), MathF.Log(0.75f), 0, float.NegativeInfinity];
        ClassProbabilities.FromScores(ScoreKind.LogSoftmax, scores, 2);
        float[] expected = [0.25f, 0.75f, 1, 0];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], scores[i], 1e-6f);
    }

    [Fact]
    public void LeavesProbabilitiesAlone()
    {
        float[] scores = [0.1f, 0.9f];
        ClassProbabilities.FromScores(ScoreKind.Probabilities, scores, 2);
        Assert.Equal([0.1f, 0.9f], scores);
    }

    [Theory]
    [InlineData(ScoreKind.Logits, float.NaN)]
    [InlineData(ScoreKind.Logits, float.PositiveInfinity)]
    [InlineData(ScoreKind.LogSoftmax, float.NaN)]
    [InlineData(ScoreKind.LogSoftmax, 1e10f)]
    [InlineData(ScoreKind.Probabilities, float.NaN)]
    public void RefusesWhatIsNoNumber(ScoreKind kind, float bad)
    {
        float[] scores = [0, 0, 0, 0, bad, 0, 0, 0, 0];
        string message = Assert.Throws<InvalidScoresException>(() => ClassProbabilities.FromScores(kind, scores, 3)).Message;
        Assert.Matches("score for class [0-2] of point 1 is not a finite number", message);
    }

    /// <summary>Rows are turned on their own, whatever stands around them.</summary>
    [Fact]
    public void RowsDoNotDependOnTheirNumber()
    {
        Random random = new(1);
        float[] many = new float[3 * 101];
        for (int i = 0; i < many.Length; i++) many[i] = 20 * random.NextSingle() - 10;
        float[] rows = [.. many.Chunk(3).SelectMany(row =>
        {
            ClassProbabilities.FromScores(ScoreKind.Logits, row, 3);
            return row;
        })];
        ClassProbabilities.FromScores(ScoreKind.Logits, many, 3);
        Assert.Equal(rows, many);
    }
}
