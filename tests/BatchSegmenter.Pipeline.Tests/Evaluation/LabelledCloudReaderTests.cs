using BatchSegmenter.Pipeline.Evaluation;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests.Evaluation;

public sealed class LabelledCloudReaderTests : IDisposable
{
    private readonly LabelFiles _files = new();

    public void Dispose() => _files.Dispose();

    [SkippableFact]
    public async Task A_survey_gives_its_classes_and_its_units()
    {
        LabelledCloud cloud = await LabelledCloudReader.ReadAsync([SharedFiles.Require("survey/validation/us-hills.las")], default);
        Assert.Equal(25408, cloud.Count);
        Assert.Equal(9808, cloud.Codes.AsSpan(0, cloud.Count).Count((byte)2));
        Assert.Equal(1200.0 / 3937, cloud.HorizontalUnit, 6);
        Assert.Null(cloud.Confidence);
    }

    [SkippableFact]
    public async Task A_survey_against_itself_is_right_everywhere()
    {
        string survey = SharedFiles.Require("survey/validation/us-hills.las");
        EvaluationReport report = await SurveyEvaluation.RunAsync(new EvaluationOptions { Predicted = survey, Truth = survey });
        Assert.Equal(1, report.OverallAccuracy);
        Assert.Equal(25, report.Ignored.Points);
        Assert.Empty(report.Warnings);
        // The survey is in feet, 60 m by 40 m: heights in metres cannot reach 60.
        Assert.InRange(report.Height[^1].Mean, 5, 60);
    }

    [Fact]
    public async Task Parts_are_joined_in_order_of_point_index()
    {
        string first = await _files.WriteAsync("a/part-00000.parquet", [6, 5], [0.5f, 0.25f], [3, 1]);
        string second = await _files.WriteAsync("a/part-00001.parquet", [2, 9], [0.75f, 1], [0, 2]);
        LabelledCloud cloud = await LabelledCloudReader.ReadAsync([first, second], default);
        Assert.Equal([2, 5, 9, 6], cloud.Codes);
        Assert.Equal([0.75f, 0.25f, 1, 0.5f], cloud.Confidence!);
        Assert.Equal([0.0, 1, 2, 3], cloud.X!);
    }
}
