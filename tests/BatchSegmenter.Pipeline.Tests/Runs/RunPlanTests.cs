using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Options;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class RunPlanTests : IDisposable
{
    private const string Degrees = "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"4326\"]]";

    private readonly TemporaryFolder _folder = new();
    private readonly RunLedger _ledger;
    private ModelBundle _bundle;

    public RunPlanTests()
    {
        _ledger = new RunLedger(new LocalStore(_folder["out"]));
        _bundle = SampleBundle.Write(_folder["bundle"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_input_is_described_by_its_header()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(300));
        SampleSurvey.Write(_folder["in/b.las"], SampleSurvey.Points(200, x: 1100, y: 1200), new LasWriterOptions { Epsg = 2227 });
        _folder.Write("in/c.xyz", "1 2 3\n4 5 6\n7 8 9\n");

        RunPlan plan = await Plan();

        Assert.Equal((3, 0, 503L), (plan.Labelled, plan.Refused, plan.Points));
        (PlannedInput a, PlannedInput b, PlannedInput c) = (plan.Inputs[0], plan.Inputs[1], plan.Inputs[2]);
        Assert.Equal((_folder["in/a.las"], "a", "las", 300L, new FileInfo(_folder["in/a.las"]).Length), (a.Input, a.Source, a.Format, a.Points, a.Bytes));
        Assert.Equal((32631, CrsKind.Projected, 1.0, 1.0), (a.Epsg, a.Crs, a.HorizontalUnit, a.VerticalUnit));
        Assert.Equal(1200.0 / 3937, b.HorizontalUnit!.Value, 12);
        Assert.Empty(a.MissingChannels);
        Assert.Equal(["intensity", "return numbers"], c.MissingChannels);
        Assert.Contains("x y z", Assert.Single(c.Remarks));
        Assert.True(plan.IsWhole);
    }

    [Fact]
    public async Task What_would_fail_is_refused_with_the_reason_of_the_run()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(100, x: 1, y: 2), new LasWriterOptions { Wkt = Degrees });
        _folder.Write("in/b.las", "no survey");
        _folder.Write("in/c.xyz", "1 2 3\n4 5 6\n7 8 9\n");
        _bundle = SampleBundle.Write(_folder["strict"], SampleBundle.Description with
        {
            Input = SampleBundle.Input with { Features = [.. SampleBundle.Features.Select(feature => feature.Name == "intensity_rank" ? feature with { Missing = MissingFeature.Fail } : feature)] },
        });

        RunPlan plan = await Plan(new LimitOptions { MaxFailures = FailureLimit.Parse("50%")!.Value });

        Assert.Equal((0, 3), (plan.Labelled, plan.Refused));
        Assert.Contains("degrees", plan.Inputs[0].Refusal);
        Assert.Null(plan.Inputs[0].HorizontalUnit);
        Assert.Contains("b.las", plan.Inputs[1].Refusal);
        Assert.Null(plan.Inputs[1].Points);
        Assert.Contains("intensity", plan.Inputs[2].Refusal);
        Assert.All(plan.Inputs, input => Assert.Equal(0, input.OutputBytes));
        Assert.Equal("3 of 3 inputs failed, but limits.maxFailures allows 50%", plan.TooManyFailures);
        Assert.False(plan.IsWhole);
    }

    [Fact]
    public async Task The_ledger_tells_what_is_new_changed_outdated_damaged_done_or_given_up()
    {
        foreach (string name in (string[])["changed", "damaged", "done", "given-up", "new", "options", "other-model"]) SampleSurvey.Write(_folder[$"in/{name}.las"], SampleSurvey.Points(100));
        InputList found = await Find();
        RunJournal journal = Journal(), otherOptions = new(_ledger, _bundle.Id, "other"), otherModel = new(_ledger, "other", "options");
        await _ledger.OpenAsync();
        foreach ((string name, RunJournal by) in ((string, RunJournal)[])[("changed", journal), ("damaged", journal), ("done", journal), ("options", otherOptions), ("other-model", otherModel)])
            await by.DoneAsync(Input(name), new InputSummary(Input(name).Path, name, InputStatus.Done) { Points = 100 }, [Output(name, 2000)]);
        await journal.FailedAsync(Input("given-up"), new StageFaultException("read", new IOException("the disk is bad")), 3);
        File.Delete(_folder["out/las/damaged.las"]);
        SampleSurvey.Write(_folder["in/changed.las"], SampleSurvey.Points(120));

        RunPlan plan = await Plan();

        Assert.Equal(
            [InputState.Changed, InputState.Damaged, InputState.Done, InputState.Quarantined, InputState.New, InputState.Outdated, InputState.Outdated],
            plan.Inputs.Select(input => input.State));
        Assert.Equal(
            [null, "las/damaged.las is gone", null, "the disk is bad", null, "it was done with other options", "another model did it"],
            plan.Inputs.Select(input => input.Reason));
        Assert.Equal((5, 1, 1, 0), (plan.Labelled, plan.Done, plan.Quarantined, plan.Refused));
        Assert.Equal((4, 5 * 100 + 20, 20 * (5 * 100 + 20)), (plan.OutputBasis, plan.Points, plan.OutputBytes)); // 2000 bytes for 100 points, in records with these options
        Assert.False(plan.IsWhole);

        Assert.Equal(InputState.Retried, (await Plan(resume: new ResumeOptions { RetryQuarantined = true })).Inputs[3].State);
        RunPlan anew = await Plan(resume: new ResumeOptions { Restart = true });
        Assert.Equal([.. plan.Inputs.Select(input => input.State == InputState.New ? InputState.New : InputState.Restarted)], anew.Inputs.Select(input => input.State));
        Assert.True(anew.IsWhole);

        // What is passed over is what the plan says.
        IReadOnlyList<SegmentationInput> inputs = (await Find()).Inputs;
        RunProgress progress = new(inputs);
        await Journal().PassOverAsync(inputs, new ResumeOptions(), progress);
        Assert.Equal(plan.Inputs.Select(input => input.IsPassedOver), Enumerable.Range(0, 7).Select(progress.IsFinished));
        Assert.Contains("damaged.las is gone", Assert.Single(progress.Outcome().Warnings));

        SegmentationInput Input(string name) => found.Inputs.Single(input => input.Source == name);
    }

    [Fact]
    public async Task An_input_that_is_done_with_losses_or_cannot_be_read_any_more_stays_done()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(100));
        _folder.Write("in/b.las", "no survey");
        await _ledger.OpenAsync();
        foreach (SegmentationInput input in (await Find()).Inputs)
            await Journal().DoneAsync(input, new InputSummary(input.Path, input.Source, InputStatus.Partial) { Points = 90, Error = "10 points were lost" }, [Output(input.Source, 10)]);

        RunPlan plan = await Plan();

        Assert.Equal((2, 0, 0), (plan.Done, plan.Refused, plan.Labelled));
        Assert.All(plan.Inputs, input => Assert.Equal("10 points were lost", input.Reason));
        Assert.False(plan.IsWhole); // the run itself would end with 1
    }

    [Fact]
    public async Task Scratch_is_that_of_the_largest_input_that_memory_does_not_hold()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(2000));
        SampleSurvey.Write(_folder["in/b.las"], SampleSurvey.Points(3000));
        SampleSurvey.Write(_folder["in/c.las"], SampleSurvey.Points(100));
        LimitOptions limits = new() { Memory = 16 * new MemoryBudget(2L << 30).OfInput(1000), Scratch = _folder["scratch"] };

        RunPlan plan = await Plan(limits);

        Assert.Equal(
            [SpilledInput.BytesNeeded(2000, 3, keepProbabilities: false), SpilledInput.BytesNeeded(3000, 3, keepProbabilities: false), 0],
            plan.Inputs.Select(input => input.ScratchBytes));
        Assert.Equal((plan.Inputs[1].ScratchBytes, _folder["scratch"]), (plan.ScratchBytes, plan.ScratchFolder));
        Assert.True(plan.ScratchFreeBytes > 0);
        Assert.Equal(0, (await Plan()).ScratchBytes);
        Assert.False(Directory.Exists(_folder["scratch"]));
    }

    [Fact]
    public async Task Nothing_is_made_and_nothing_known_where_no_run_was()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(100));

        RunPlan plan = await Plan(resume: new ResumeOptions { Restart = true });

        Assert.False(Directory.Exists(_folder["out"]));
        Assert.Equal((InputState.New, null, null, 0), (plan.Inputs[0].State, plan.History, plan.Seconds, plan.OutputBasis));
        Assert.True(plan.OutputFreeBytes > 0);
    }

    private CommittedOutput Output(string name, int bytes)
    {
        Directory.CreateDirectory(_folder["out/las"]);
        File.WriteAllBytes(_folder[$"out/las/{name}.las"], new byte[bytes]);
        return new CommittedOutput($"las/{name}.las", bytes, "");
    }

    private SegmentationOptions Options(LimitOptions? limits = null) => new() { Inputs = [_folder["in"]], Model = _bundle.Folder, Output = _folder["out"], Limits = limits ?? new() };

    private Task<InputList> Find() => InputList.FindAsync(Options());

    private RunJournal Journal() => new(_ledger, _bundle.Id, "options");

    private async Task<RunPlan> Plan(LimitOptions? limits = null, ResumeOptions? resume = null) =>
        await RunPlan.MakeAsync(Options(limits), _bundle, (await Find()).Inputs, _ledger, Journal(), resume ?? new());
}
