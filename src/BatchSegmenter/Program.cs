using System.CommandLine;
using BatchSegmenter.Commands;
using BatchSegmenter.Commands.Model;

RootCommand root = new("Labels survey point clouds with a PointNet++ network and writes the result as Parquet and LAS.")
{
    InspectCommand.Create(),
    TranslateCommand.Create(),
    RunCommand.Create(),
    EvaluateCommand.Create(),
    new Command("model", "Make, describe and check model bundles.") { ModelBlocksCommand.Create(), ModelBuildCommand.Create(), ModelInfoCommand.Create() },
};
return await root.Parse(args).InvokeAsync();
