using System.Text.Json;
using BatchSegmenter.Pipeline.Evaluation;

namespace BatchSegmenter.Pipeline.Tests.Evaluation;

public sealed class SurveyEvaluationTests : IDisposable
{
    private readonly LabelFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Figures_are_those_computed_by_hand()
    {
        //                truth 2: 4 points, 3 right; truth 6: 3 points, 2 right; truth 5: 2 points, 1 right; truth 1: ignored
        int[] truth = [2, 2, 2, 2, 6, 6, 6, 5, 5, 1];
        int[] guess = [2, 2, 2, 5, 6, 6, 2, 5, 9, 6];
        EvaluationReport report = await RunAsync(guess, truth);

        Assert.Equal(6.0 / 9, report.OverallAccuracy);
        Assert.Equal(10, report.Points);
        Assert.Equal(9, report.Counted);
        Assert.Equal([2, 5, 6, 9], report.Confusion.Codes);
        Assert.Equal([[3, 1, 0, 0], [0, 1, 0, 1], [1, 0, 2, 0], [0, 0, 0, 0]], report.Confusion.Counts);
        Assert.Equal([3.0 / 5, 1.0 / 3, 2.0 / 3, null], report.Classes.Select(score => score.Iou));
        Assert.Equal([3.0 / 4, 1.0 / 2, 1.0, 0], report.Classes.Select(score => score.Precision));
        Assert.Equal([3.0 / 4, 1.0 / 2, 2.0 / 3, null], report.Classes.Select(score => score.Recall));
        Assert.Equal((3.0 / 5 + 1.0 / 3 + 2.0 / 3) / 3, report.MeanIou!.Value, 12);
        Assert.Equal(new IgnoredClass(1, "unclassified", 1), Assert.Single(report.Ignored.Classes));
        Assert.Equal(0.1, report.Ignored.Share);
        Assert.Equal([(2, 5), (5, 9), (6, 2)], report.Errors.Select(pair => ((int)pair.Truth, (int)pair.Predicted)));
        Assert.All(report.Errors, pair => Assert.Equal(1.0 / 3, pair.ShareOfErrors));
    }

    [Fact]
    public async Task Map_applies_to_both_sides_and_ignoring_looks_at_the_mapped_truth()
    {
        EvaluationReport report = await RunAsync([5, 3, 4, 2, 6], [3, 5, 5, 12, 6], options => options with
        {
            Map = new Dictionary<byte, byte> { [3] = 5, [4] = 5, [12] = 1 },
            Ignore = [1],
        });
        Assert.Equal(1, report.OverallAccuracy);
        Assert.Equal([5, 6], report.Confusion.Codes);
        Assert.Equal((byte)1, Assert.Single(report.Ignored.Classes).Code);
    }

    [Fact]
    public async Task What_is_predicted_where_truth_is_ignored_does_not_matter()
    {
        EvaluationReport report = await RunAsync([2, 6, 6], [2, 7, 18]);
        Assert.Equal([2], report.Confusion.Codes);
        Assert.Equal(1, report.MeanIou);
        Assert.Equal(2, report.Ignored.Points);
    }

    [Fact]
    public async Task Predicting_an_ignored_code_where_truth_counts_is_an_error()
    {
        EvaluationReport report = await RunAsync([1, 2], [2, 2]);
        Assert.Equal(0.5, report.OverallAccuracy);
        Assert.Null(report.Classes[0].Iou);
    }

    [Fact]
    public async Task Nothing_to_count_gives_no_figures_and_no_fault()
    {
        EvaluationReport report = await RunAsync([2, 2], [1, 1]);
        Assert.Null(report.OverallAccuracy);
        Assert.Null(report.MeanIou);
        Assert.Null(report.Sites.OverallAccuracy);
    }

    [Fact]
    public async Task Points_are_paired_by_point_index()
    {
        string truth = await _files.WriteAsync("t.parquet", [2, 5, 6, 9]);
        string predicted = await _files.WriteAsync("p.parquet", [9, 6, 2, 5], index: [3, 2, 0, 1]);
        EvaluationReport report = await SurveyEvaluation.RunAsync(new EvaluationOptions { Predicted = predicted, Truth = truth });
        Assert.Equal(1, report.OverallAccuracy);
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public async Task The_same_index_twice_is_refused()
    {
        string truth = await _files.WriteAsync("t.parquet", [2, 5, 6]);
        string predicted = await _files.WriteAsync("p.parquet", [2, 5, 6], index: [0, 1, 1]);
        EvaluationException fault = await Assert.ThrowsAsync<EvaluationException>(() => SurveyEvaluation.RunAsync(new EvaluationOptions { Predicted = predicted, Truth = truth }));
        Assert.Contains("point_index 1 occurs twice", fault.Message);
    }

    [Fact]
    public async Task Unequal_counts_are_refused_with_both_counts()
    {
        EvaluationException fault = await Assert.ThrowsAsync<EvaluationException>(() => RunAsync([2, 2], [2, 2, 2]));
        Assert.Contains("2 points are predicted", fault.Message);
        Assert.Contains("truth has 3", fault.Message);
    }

    [Fact]
    public async Task Points_that_lie_elsewhere_are_told()
    {
        string truth = await _files.WriteAsync("t.parquet", [2, 2]);
        string predicted = await _files.WriteAsync("p.parquet", [2, 2], positions: [(0, 0, 0), (7, 0, 0)]);
        EvaluationReport report = await SurveyEvaluation.RunAsync(new EvaluationOptions { Predicted = predicted, Truth = truth });
        Assert.Contains("1 of 2 points lie elsewhere", Assert.Single(report.Warnings));
    }

    [Fact]
    public async Task A_label_that_is_no_class_code_is_refused()
    {
        EvaluationException fault = await Assert.ThrowsAsync<EvaluationException>(() => RunAsync([2, 300], [2, 2]));
        Assert.Contains("row 1 has label 300", fault.Message);
    }

    [Fact]
    public async Task A_file_that_is_no_parquet_is_refused()
    {
        string truth = await _files.WriteAsync("t.parquet", [2]);
        string predicted = _files.Path("p.parquet");
        File.WriteAllText(predicted, "these are no columns");
        EvaluationException fault = await Assert.ThrowsAsync<EvaluationException>(() => SurveyEvaluation.RunAsync(new EvaluationOptions { Predicted = predicted, Truth = truth }));
        Assert.StartsWith(predicted, fault.Message);
    }

    [Fact]
    public async Task Files_are_pooled_and_spread()
    {
        await _files.WriteAsync("truth/a.parquet", [2, 2, 2, 2]);
        await _files.WriteAsync("truth/b.parquet", [2, 2]);
        await _files.WriteAsync("truth/c.parquet", [6, 6]);
        await _files.WriteAsync("predicted/a.parquet", [2, 2, 2, 2]);
        await _files.WriteAsync("predicted/b.parquet", [2, 6]);
        await _files.WriteAsync("predicted/c.parquet", [2, 2]);
        EvaluationReport report = await SurveyEvaluation.RunAsync(new EvaluationOptions { Predicted = _files.Path("predicted"), Truth = _files.Path("truth") });
        Assert.Equal(5.0 / 8, report.OverallAccuracy);
        Assert.Equal(new SiteSpread(0.5, 0.5, 0, "c"), report.Sites.OverallAccuracy);
        Assert.Equal(["a", "b", "c"], report.Files.Select(file => file.Name));
        Assert.Equal(2, report.Errors[0].Points);
    }

    [Fact]
    public async Task Json_has_the_agreed_keys()
    {
        EvaluationReport report = await RunAsync([2, 5], [2, 2], confidence: [0.95f, 0.35f]);
        using JsonDocument json = JsonDocument.Parse(report.ToJson());
        string[] keys = [.. json.RootElement.EnumerateObject().Select(property => property.Name)];
        Assert.Superset(new HashSet<string> { "overallAccuracy", "meanIou", "classes", "confusion", "ignored", "files", "sites", "confidence", "height", "density", "errors" }, keys.ToHashSet());
        Assert.Equal(0.5, json.RootElement.GetProperty("overallAccuracy").GetDouble());
        Assert.Equal(1, json.RootElement.GetProperty("confusion").GetProperty("counts")[0][1].GetInt64());
        Assert.Equal("high vegetation", json.RootElement.GetProperty("classes")[1].GetProperty("name").GetString());
        Assert.Equal(1, json.RootElement.GetProperty("confidence")[1].GetProperty("accuracy").GetDouble());
    }

    private async Task<EvaluationReport> RunAsync(int[] predicted, int[] truth, Func<EvaluationOptions, EvaluationOptions>? change = null, float[]? confidence = null)
    {
        EvaluationOptions options = new()
        {
            Predicted = await _files.WriteAsync("predicted.parquet", predicted, confidence),
            Truth = await _files.WriteAsync("truth.parquet", truth),
        };
        return await SurveyEvaluation.RunAsync(change?.Invoke(options) ?? options);
    }
}
