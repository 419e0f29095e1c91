using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>
/// Proves, before anything is committed, that the outputs of an input hold every point once: each has its label, indices only rise, and
/// they leave out exactly the points that could not be decoded. What fails here is a fault of this program, and stops the run.
/// </summary>
/// <param name="input">The input's name, for the message.</param>
/// <param name="lost">Points that could not be decoded.</param>
internal sealed class PointProof(string input, long lost)
{
    private long _next;
    private long _points;
    private long _leftOut;

    /// <summary>Every point has been given a label, once.</summary>
    /// <exception cref="RunStoppedException">Labels and points differ in number.</exception>
    public void Labelled(CloudLabels labels)
    {
        if (labels.Given != labels.Count) Fail($"{labels.Given} labels were given to {labels.Count} points");
    }

    /// <summary>The next points go out.</summary>
    /// <param name="first">Index of the first within the file; the others follow it.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="RunStoppedException">One of them went out before.</exception>
    public void Add(long first, int count)
    {
        if (count == 0) return;
        if (first < _next) Fail($"point {first} went out twice: indices up to {_next - 1} were written before it");
        _leftOut += first - _next;
        _next = first + count;
        _points += count;
    }

    /// <summary>All points went out.</summary>
    /// <param name="decoded">Points that were decoded and labelled.</param>
    /// <param name="written">Rows that are in the files.</param>
    /// <exception cref="RunStoppedException">The numbers differ.</exception>
    public void Complete(long decoded, long written)
    {
        if (_points != decoded || written != decoded) Fail($"{decoded} points in, but {written} out");
        if (_leftOut > lost) Fail($"indices leave out {_leftOut} points, but {lost} could not be decoded");
    }

    private void Fail(string problem) => throw new RunStoppedException(
        $"{input}: {problem}; nothing of it was committed. This is a fault of the program: keep the file and report it", new InvalidOperationException(problem));
}
