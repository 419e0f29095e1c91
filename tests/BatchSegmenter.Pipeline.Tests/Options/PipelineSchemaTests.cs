using BatchSegmenter.Pipeline.Options;
using BatchSegmenter.Pipeline.Writers;
using BatchSegmenter.Tests;
using NJsonSchema;

namespace BatchSegmenter.Pipeline.Tests.Options;

public sealed class PipelineSchemaTests
{
    private static readonly string Pipelines = Path.Combine(SharedFiles.Repository, "pipelines");

    [Fact]
    public async Task The_quickstart_is_valid() => Assert.Empty((await Schema()).Validate(Json("quickstart.json")));

    [Theory]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "nmae": "x" }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m" }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "limits": { "memory": "2 apples" } }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "write": { "las": { "format": "zip" } } }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "limits": { "maxFailures": "101%" } }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "limits": { "maxFailures": "1% of tiles" } }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "faults": { "timeout": "soon" } }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "faults": { "attempts": 0 } }""")]
    public async Task What_the_program_refuses_is_invalid(string json) => Assert.NotEmpty((await Schema()).Validate(json));

    [Theory]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "write": { "points": false, "las": true } }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "write": { "las": { "format": "laz" } } }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "limits": { "memory": "auto", "cores": "all" }, "tiles": { "edge": 50, "acrossFiles": true } }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "limits": { "maxFailures": "1%" }, "faults": { "attempts": 1, "timeout": "1.5h" } }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "limits": { "maxFailures": "0.5 % of points" } }""")]
    [InlineData("""{ "inputs": ["a"], "model": "m", "output": "o", "limits": { "maxFailures": 0 } }""")]
    public async Task What_the_program_takes_is_valid(string json) => Assert.Empty((await Schema()).Validate(json));

    [Fact]
    public async Task The_keys_are_those_of_the_program() =>
        Assert.Equal(PipelineFile.Keys().Order(StringComparer.Ordinal), Keys(await Schema(), "").Order(StringComparer.Ordinal));

    [Fact]
    public async Task Every_key_is_described() => Assert.All(Undescribed(await Schema(), ""), key => Assert.Fail($"{key} has no description"));

    [Fact]
    public async Task The_columns_are_those_of_the_writer()
    {
        JsonSchema points = (await Schema()).Properties["write"].Properties["points"].OneOf.Single(choice => choice.Properties.Count > 0);

        Assert.Equal(AttributeColumn.Names, points.Properties["columns"].Item!.Enumeration.Cast<string>());
    }

    private static Task<JsonSchema> Schema() => JsonSchema.FromFileAsync(Path.Combine(Pipelines, "pipeline.schema.json"));

    // The validator knows no comments; the quickstart's stand at the start of their lines.
    private static string Json(string file) =>
        string.Join('\n', File.ReadLines(Path.Combine(Pipelines, file)).Where(line => !line.StartsWith("//", StringComparison.Ordinal)));

    private static IEnumerable<string> Keys(JsonSchema schema, string path) =>
        Members(schema).SelectMany(member => Keys(member.Value, $"{path}{member.Key}.").Prepend(path + member.Key));

    private static IEnumerable<string> Undescribed(JsonSchema schema, string path) => Members(schema).SelectMany(member =>
        Undescribed(member.Value, $"{path}{member.Key}.").Concat(string.IsNullOrEmpty(member.Value.Description) ? [path + member.Key] : []));

    private static IEnumerable<KeyValuePair<string, JsonSchemaProperty>> Members(JsonSchema schema) =>
        schema.Properties.Concat(schema.OneOf.SelectMany(choice => choice.Properties));
}
