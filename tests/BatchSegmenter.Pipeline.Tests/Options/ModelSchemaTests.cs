using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Tests;
using NJsonSchema;

namespace BatchSegmenter.Pipeline.Tests.Options;

public sealed class ModelSchemaTests
{
    private static readonly string Pipelines = Path.Combine(SharedFiles.Repository, "pipelines");

    [Fact]
    public async Task The_model_that_ships_is_valid() => Assert.Empty((await Schema()).Validate(File.ReadAllText(Path.Combine(Pipelines, "models/aerial/model.json"))));

    [Fact]
    public async Task What_the_program_writes_is_valid() => Assert.Empty((await Schema()).Validate(SampleBundle.Description.ToJson()));

    [Theory]
    [InlineData("\"format\": 1", "\"format\": 2")]
    [InlineData("\"version\"", "\"vresion\"")]
    [InlineData("\"outside\"", "\"elsewhere\"")]
    [InlineData("\"pointnet2\"", "\"pointnet3\"")]
    [InlineData("\"spacing\"", "\"foot\"")]
    [InlineData("\"#808080\"", "\"grey\"")]
    public async Task What_the_program_refuses_is_invalid(string written, string wrong)
    {
        string json = SampleBundle.Description.ToJson();
        Assert.Contains(written, json);
        Assert.NotEmpty((await Schema()).Validate(json.Replace(written, wrong)));
    }

    [Theory]
    [InlineData(typeof(PointNet2Description), "pointnet2")]
    [InlineData(typeof(PointNetDescription), "pointnet")]
    [InlineData(typeof(ForeignNetworkDescription), "onnx")]
    [InlineData(typeof(SetAbstractionDescription), "level")]
    [InlineData(typeof(ScaleDescription), "scale")]
    [InlineData(typeof(ResidualBlockDescription), "block")]
    [InlineData(typeof(PropagationDescription), "propagation")]
    [InlineData(typeof(FeatureDescription), "feature")]
    [InlineData(typeof(ClassDescription), "class")]
    [InlineData(typeof(HeightClass), "heightClass")]
    public async Task The_keys_are_those_of_the_program(Type type, string definition) =>
        Assert.Equal(Keys(type), (await Schema()).Definitions[definition].Properties.Keys.Where(key => key != "type").Order(StringComparer.Ordinal));

    [Fact]
    public async Task The_keys_of_model_and_input_are_those_of_the_program()
    {
        JsonSchema schema = await Schema();
        Assert.Equal(Keys(typeof(ModelDescription)), schema.Properties.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Keys(typeof(InputDescription)), schema.Properties["input"].Properties.Keys.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Keys(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.CanWrite && property.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always })
        .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Order(StringComparer.Ordinal);

    private static Task<JsonSchema> Schema() => JsonSchema.FromFileAsync(Path.Combine(Pipelines, "model.schema.json"));
}
