using System.Buffers.Binary;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Pipeline.Training;

namespace BatchSegmenter.Pipeline.Tests.Training;

public sealed class TrainingStreamTests
{
    private static readonly SafetensorsFile[] Frames = Write();

    [Fact]
    public void The_header_says_what_the_model_shall_become()
    {
        IReadOnlyDictionary<string, string> header = Frames[0].Metadata;

        Assert.Empty(Frames[0].Tensors);
        Assert.Equal(("header", "{}", "{\"type\":\"pointnet2\"}", "42"), (header["kind"], header["bundle"], header["architecture"], header["seed"]));
        Assert.Equal(("[\"a\",\"b\"]", "[\"v\"]"), (header["train"], header["validation"]));
    }

    [Fact]
    public void Golden_blocks_come_first_then_validation_then_epochs_each_with_an_end()
    {
        string[] order = [.. Frames.Skip(1).Select(frame => $"{frame.Metadata["kind"]} {frame.Metadata["split"]} {frame.Metadata["epoch"]}")];

        List<string> runs = [];
        foreach (string frame in order)
            if (runs.Count == 0 || runs[^1] != frame) runs.Add(frame);
        Assert.Equal(
            [
                "block golden 0", "end golden 0", "block validation 0", "end validation 0",
                "block train 0", "end train 0", "block train 1", "end train 1",
            ],
            runs);
        Assert.Equal(2, order.Count(frame => frame == "block golden 0"));
        Assert.InRange(order.Count(frame => frame == "block train 1"), 3, 5);
    }

    [Fact]
    public void A_block_has_the_networks_inputs_and_its_targets()
    {
        foreach (SafetensorsFile frame in Frames.Where(frame => frame.Metadata["kind"] == "block"))
        {
            bool isTraining = frame.Metadata["split"] == "train";
            string[] expected = [.. PointNet2Graph.Inputs(SampleBundle.Network).Select(input => input.Name), "targets", .. isTraining ? Array.Empty<string>() : ["point_weights"]];
            Assert.Equal(expected.Order(), frame.Tensors.Keys.Order());

            long points = frame.Tensors["targets"].Shape[0];
            Assert.Equal([points, 3], frame.Tensors["positions"].Shape);
            Assert.Equal([points, SampleBundle.Network.Features], frame.Tensors["features"].Shape);
            int[] counts = SampleBundle.Network.SampleCounts((int)points);
            for (int level = 1; level < counts.Length; level++)
            {
                Assert.Equal([counts[level]], frame.Tensors[$"samples_{level}"].Shape);
                Assert.Equal([counts[level], 8L], frame.Tensors[$"neighbors_{level}_0"].Shape);
                Assert.All(frame.Tensors[$"neighbors_{level}_0"].ToArray<int>(), index => Assert.InRange(index, 0, counts[level - 1] - 1));
                Assert.All(frame.Tensors[$"nearest_{level}"].ToArray<int>(), index => Assert.InRange(index, 0, counts[level] - 1));
            }

            Assert.All(frame.Tensors["targets"].ToArray<int>(), target => Assert.InRange(target, -1, 2));
            Assert.Contains(frame.Metadata["file"], isTraining ? ["a", "b"] : new[] { "g", "v" });
        }
    }

    private static SafetensorsFile[] Write()
    {
        using MemoryStream destination = new();
        TrainingStream stream = new(destination, SampleBundle.Network);
        TrainingBlocks blocks = SampleTraining.Blocks();
        stream.WriteHeader("{}", "{\"type\":\"pointnet2\"}", 42, ["a", "b"], ["v"]);
        stream.WriteGolden(blocks, [SampleTraining.Survey("g", 1000, 3)]);
        stream.WriteValidation(blocks, [SampleTraining.Survey("v", 600, 4)]);
        stream.WriteTraining(blocks, [SampleTraining.Survey("a"), SampleTraining.Survey("b", 800, 2)], 2, 4);

        List<SafetensorsFile> frames = [];
        ReadOnlyMemory<byte> rest = destination.ToArray();
        while (!rest.IsEmpty)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(rest.Span));
            frames.Add(SafetensorsFile.Read(rest.Slice(8, length), $"frame {frames.Count}"));
            rest = rest[(8 + length)..];
        }

        return [.. frames];
    }
}
