using System.CommandLine;
using BatchSegmenter.Commands;

RootCommand root = new("Labels survey point clouds offline.")
{
    InspectCommand.Create(),
    TranslateCommand.Create(),
    EvaluateCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
