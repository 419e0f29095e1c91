using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Pipeline.Training;

namespace BatchSegmenter.Pipeline.Tests.Training;

public sealed class TrainingSurveyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_survey_is_read_in_its_frame_less_what_the_recipe_hides()
    {
        PointColumns points = SampleSurvey.Points(2000);
        points.Classification.AsSpan(0, 100).Fill(7);
        string path = SampleSurvey.Write(_folder["site.las"], points);

        TrainingSurvey survey = TrainingSurvey.Load(path, SampleTraining.Recipe);

        Assert.Equal(("site", 1900), (survey.Name, survey.Points.Count));
        Assert.All(survey.Points.X.Take(1900), x => Assert.InRange(x, 100, 150));
        Assert.All(survey.Points.Y.Take(1900), y => Assert.InRange(y, 200, 250));
        Assert.Equal(2000 / 2500.0, survey.Density, 0.3);
        Assert.Equal(points.Classification!.Skip(100).Take(1900), survey.Points.Classification!.Take(1900));
    }

    [Fact]
    public void A_survey_without_visible_points_is_refused()
    {
        PointColumns noise = SampleSurvey.Points(20);
        noise.Classification.AsSpan().Fill(18);

        Assert.Contains("hides all 20 points", Refusal(SampleSurvey.Write(_folder["noise.las"], noise)));
        Assert.Contains("empty.las", Refusal(SampleSurvey.Write(_folder["empty.las"], SampleSurvey.Points(0))));

        static string Refusal(string path) => Assert.Throws<InvalidDataException>(() => TrainingSurvey.Load(path, SampleTraining.Recipe)).Message;
    }
}
