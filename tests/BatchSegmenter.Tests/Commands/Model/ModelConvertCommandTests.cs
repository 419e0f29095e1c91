using BatchSegmenter.Commands.Model;
using BatchSegmenter.Pipeline.Tests;

namespace BatchSegmenter.Tests.Commands.Model;

[Collection("console")]
public sealed class ModelConvertCommandTests : IDisposable
{
    private static readonly GoldenCheckpoint Golden = new("sem_seg");

    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new(), _errors = new();
    private readonly TextWriter _standardOutput = Console.Out, _standardError = Console.Error;

    public ModelConvertCommandTests()
    {
        Console.SetOut(_output);
        Console.SetError(_errors);
    }

    private string Description => _folder.Write("description.json", Golden.Parameters.ToJson());

    public void Dispose()
    {
        Console.SetOut(_standardOutput);
        Console.SetError(_standardError);
        _folder.Dispose();
    }

    [Fact]
    public void Converts_verifies_and_tells_what_was_taken_from_where()
    {
        Assert.Equal((0, ""), (Convert(Golden.Path, "--description", Description, "--preset", "s3dis", "--golden", Golden.GoldenPath, "--name", "rooms"), _errors.ToString()));
        string[] lines = _output.ToString().Split(Environment.NewLine);
        Assert.Contains(lines, line => line.Contains("radii") && line.Contains("description.json"));
        Assert.Contains(lines, line => line.Contains("classes") && line.EndsWith("(from preset s3dis)"));
        Assert.Contains(lines, line => line.StartsWith("passed  golden vectors on sem_seg.npz"));
        Assert.Contains("verified", lines);
        Assert.StartsWith($"{_folder["bundle"]}: rooms 1, id ", lines[^2]);

        Assert.Equal(0, Verify("--checkpoint", Golden.Path, "--golden", Golden.GoldenPath, "--report", _folder["report"]));
        Assert.Contains("\"passed\": true", File.ReadAllText(_folder["report/verification.json"]));
    }

    [Fact]
    public void Flags_are_stronger_than_the_description_file()
    {
        Assert.Equal(0, Convert(Golden.Path, "--description", Description, "--radii", "0.3,0.4,0.8,1.6", "--channels", "x,y,z,red,green,blue,cloud_x,cloud_y,cloud_z"));
        Assert.Contains(_output.ToString().Split(Environment.NewLine), line => line.Contains("radii") && line.Contains("0.3; 0.4; 0.8; 1.6") && line.EndsWith("(from flag)"));
    }

    [Fact]
    public void What_is_not_proven_is_not_written()
    {
        Assert.Equal(1, Convert(Golden.Path, "--preset", "s3dis", "--golden", Golden.GoldenPath));
        Assert.Contains("failed  golden vectors on sem_seg.npz", _output.ToString());
        Assert.Contains("NOT VERIFIED", _output.ToString());
        Assert.Contains("no bundle was written", _errors.ToString());
        Assert.False(Directory.Exists(_folder["bundle"]));
    }

    [Fact]
    public void A_bundle_that_differs_from_its_checkpoint_fails()
    {
        Assert.Equal(0, Convert(Golden.Path, "--description", Description));
        Assert.Equal(1, Verify("--checkpoint", Golden.Path, "--radii", "0.25,0.4,0.8,1.7"));
        Assert.Contains("failed  architecture", _output.ToString());
    }

    [Theory]
    [InlineData(2, "nowhere.pth: there is no such file", "nowhere.pth")]
    [InlineData(2, "do not tell samples", null)]
    [InlineData(2, "--preset rooms: unknown", null, "--preset", "rooms")]
    [InlineData(2, "--radii: \"a\" is not a number", null, "--radii", "a")]
    [InlineData(1, "it serves PointNeXt", null, "--preset", "s3dis-pointnext")]
    [InlineData(1, "no checkpoint that is known", "description.json", "--preset", "s3dis")]
    public void Says_in_one_line_what_is_wrong(int code, string message, string? checkpoint, params string[] options)
    {
        _ = Description;
        Assert.Equal(code, Convert(checkpoint is null ? Golden.Path : _folder[checkpoint], options));
        Assert.Contains(message, Assert.Single(_errors.ToString().TrimEnd().Split(Environment.NewLine)));
    }

    private int Convert(string checkpoint, params string[] options) => ModelConvertCommand.Create().Parse([checkpoint, "--out", _folder["bundle"], .. options]).Invoke();

    private int Verify(params string[] options) => ModelVerifyCommand.Create().Parse([_folder["bundle"], .. options]).Invoke();
}
