using System.Diagnostics;
using BatchSegmenter.Onnx.Checkpoints;

namespace BatchSegmenter.Onnx.Tests.Checkpoints.PyTorch;

/// <summary>Files that PyTorch itself writes, against the values that it says are in them.</summary>
public sealed class RealPyTorchTests
{
    // Writes NAME.pth, and to NAME.txt a line per tensor: name, type, shape, then its elements as the bits of float32.
    private const string Script =
        """
        import argparse, collections, sys
        import numpy as np, torch
        out = sys.argv[1]
        torch.manual_seed(1)

        def expect(name, tensors):
            with open(f"{out}/{name}.txt", "w") as f:
                for key, t in tensors.items():
                    bits = t.detach().float().contiguous().reshape(-1).numpy().view("u4")
                    f.write("\t".join([key, str(t.dtype)[6:], ",".join(map(str, t.shape)), " ".join(map(str, bits))]) + "\n")

        net = torch.nn.Sequential(torch.nn.Conv2d(6, 5, 1), torch.nn.BatchNorm2d(5), torch.nn.Conv1d(5, 4, 1))
        adam = torch.optim.Adam(net.parameters())
        sum(p.square().sum() for p in net.parameters()).backward()
        adam.step()
        scheduler = torch.optim.lr_scheduler.MultiStepLR(adam, [3, 3, 9])
        base = torch.randn(4, 6)
        kinds = {str(k)[6:]: (torch.randn(3, 4) * 9).to(k) for k in [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]}
        views = {"base": base, "transposed": base.t(), "row": base[2], "column": base[:, 1], "steps": base[1::2, ::3], "expanded": base[0].expand(3, 6),
                 "permuted": torch.randn(2, 3, 4).permute(2, 0, 1), "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "parameter": torch.nn.Parameter(torch.randn(2)),
                 "channels_last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)}
        views["attributed"] = torch.randn(3)
        views["attributed"].note = "kept"
        views["parameter"].note = "kept"
        beside = {"epoch": 12, "class_avg_iou": np.float64(0.5325), "train_acc": np.mean([0.5, 0.75]), "half": np.float16(0.5), "count": np.int64(-3), "array": np.arange(4.0), "text": "s3dis", "best": torch.tensor(0.25), "losses": torch.ones(2),
                  "args": argparse.Namespace(lr=0.1, device=torch.device("cpu"), dtype=torch.float32, size=torch.Size([2])), "set": {1, 2}, "none": None, "counter": collections.Counter("ab"),
                  "model_state_dict": net.state_dict(), "optimizer_state_dict": adam.state_dict(), "scheduler": scheduler.state_dict()}
        parallel = {f"module.{k}": v for k, v in net.state_dict().items()}
        for format, zip in [("zip", True), ("legacy", False)]:
            for protocol in [2, 3, 4] if zip else [2, 4]:
                for name, saved, tensors in [("kinds", kinds, kinds), ("views", views, views), ("beside", beside, beside["model_state_dict"]), ("parallel", parallel, net.state_dict())]:
                    name = f"{name}-{format}-{protocol}"
                    torch.save(saved, f"{out}/{name}.pth", _use_new_zipfile_serialization=zip, pickle_protocol=protocol)
                    expect(name, tensors)
            torch.save(net, f"{out}/module-{format}.refused", _use_new_zipfile_serialization=zip)
        """;

    [SkippableFact]
    public void ReadsWhatPyTorchWrites()
    {
        string folder = Directory.CreateTempSubdirectory("torch").FullName;
        try
        {
            Run(folder);
            string[] files = Directory.GetFiles(folder, "*.pth");
            Assert.Equal(20, files.Length);
            foreach (string file in files) Compare(file);

            Checkpoint beside = Checkpoint.Open(Path.Combine(folder, "beside-zip-2.pth"));
            Assert.Equal("model_state_dict", beside.Remarks["taken from"]);
            Assert.Equal(
                ["best=0.25", "class_avg_iou=0.5325", "count=-3", "epoch=12", "half=0.5", "text=s3dis", "train_acc=0.625"],
                beside.Scalars.Select(scalar => $"{scalar.Key}={scalar.Value}").Order(StringComparer.Ordinal));
            foreach (string module in Directory.GetFiles(folder, "*.refused"))
                Assert.Contains("the file holds a whole module", Assert.Throws<UnsupportedCheckpointException>(() => Checkpoint.Open(module)).Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Compare(string file)
    {
        Checkpoint checkpoint = Checkpoint.Open(file);
        string[] lines = File.ReadAllLines(Path.ChangeExtension(file, ".txt"));
        Assert.Equal(lines.Select(line => line.Split('\t')[0]), checkpoint.Tensors.Keys);
        foreach (string[] parts in lines.Select(line => line.Split('\t')))
        {
            CheckpointTensor tensor = checkpoint.Tensors[parts[0]];
            Assert.Equal(parts[1], tensor.Type.ToString().ToLowerInvariant());
            Assert.Equal(parts[2], string.Join(',', tensor.Shape));
            Assert.Equal(parts[3], string.Join(' ', tensor.ToFloats().Select(BitConverter.SingleToUInt32Bits)));
        }
    }

    private static void Run(string folder)
    {
        string script = Path.Combine(folder, "write.py");
        File.WriteAllText(script, Script);
        string? python = new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(it => Start(it, "-c", "import torch, numpy") is { Code: 0 });
        Skip.If(python is null, "needs python3 with torch and numpy");
        (int code, string errors) = Start(python!, script, folder)!.Value;
        Assert.True(code == 0, errors);
    }

    private static (int Code, string Errors)? Start(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, errors);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
