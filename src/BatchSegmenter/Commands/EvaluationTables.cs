using BatchSegmenter.Pipeline.Evaluation;
using Spectre.Console;

namespace BatchSegmenter.Commands;

/// <summary>An evaluation as tables for people.</summary>
internal static class EvaluationTables
{
    /// <summary>Confusions below this share of all errors are summed up in one line.</summary>
    private const double Explained = 0.01;

    /// <summary>Writes the whole report.</summary>
    public static void Write(IAnsiConsole console, EvaluationReport report)
    {
        // Redirected output has no width of its own; tables must not be folded there.
        if (Console.IsOutputRedirected) console.Profile.Width = 200;
        console.WriteLine($"Overall accuracy {Share(report.OverallAccuracy)}, mean IoU {Share(report.MeanIou)} over {report.Counted:N0} of {report.Points:N0} points in {report.Files.Count} file(s)");
        console.WriteLine(report.Ignored.Points == 0 ? "Ignored: no points"
            : $"Ignored by truth: {report.Ignored.Points:N0} points ({Share(report.Ignored.Share)}): {string.Join(", ", report.Ignored.Classes.Select(ignored => $"{ignored.Code} {ignored.Name} {ignored.Points:N0}"))}");
        if (report.Mapped.Count > 0) console.WriteLine($"Mapped on both sides: {string.Join(", ", report.Mapped.Select(mapping => $"{mapping.From}={mapping.To}"))}");
        foreach (string warning in report.Warnings) console.WriteLine($"Note: {warning}");

        Table classes = Named("Classes", "class", "truth", "predicted", "IoU", "precision", "recall");
        foreach (ClassScore score in report.Classes)
            Row(classes, $"{score.Code} {score.Name}", $"{score.Truth:N0}", $"{score.Predicted:N0}", Share(score.Iou), Share(score.Precision), Share(score.Recall));
        console.Write(classes);

        Table confusion = Named("Confusion, points (row: truth, column: prediction)", ["truth", .. report.Confusion.Codes.Select(code => code.ToString())]);
        for (int row = 0; row < report.Confusion.Codes.Count; row++)
            Row(confusion, [report.Confusion.Codes[row].ToString(), .. report.Confusion.Counts[row].Select(count => count.ToString("N0"))]);
        console.Write(confusion);

        if (report.Files.Count > 1) WriteFiles(console, report);
        WriteBins(console, "By confidence: is 0.9 right nine times in ten?", "confidence", report.Confidence);
        WriteBins(console, "By height above true ground", "metres", report.Height);
        WriteBins(console, "By local density", "points/m²", report.Density);
        WriteErrors(console, report);
    }

    private static void WriteFiles(IAnsiConsole console, EvaluationReport report)
    {
        Table files = Named("Files", "file", "points", "ignored", "accuracy", "mean IoU", "IoU per class");
        foreach (FileScores file in report.Files)
            Row(files, file.Name, $"{file.Points:N0}", Share(file.Ignored.Share), Share(file.OverallAccuracy), Share(file.MeanIou),
                string.Join("  ", file.Classes.Where(score => score.Iou is not null).Select(score => $"{score.Code}: {Share(score.Iou)}")));
        console.Write(files);
        if (report.Sites is not { OverallAccuracy: { } accuracy, MeanIou: { } iou }) return;
        console.WriteLine($"Over files: accuracy mean {Share(accuracy.Mean)}, median {Share(accuracy.Median)}, worst {Share(accuracy.Worst)} ({accuracy.WorstFile});"
            + $" mean IoU mean {Share(iou.Mean)}, median {Share(iou.Median)}, worst {Share(iou.Worst)} ({iou.WorstFile})");
    }

    private static void WriteBins(IAnsiConsole console, string title, string measure, IReadOnlyList<BinScore> bins)
    {
        if (bins.Count == 0) return;
        Table table = Named(title, measure, "points", "mean", "accuracy");
        foreach (BinScore bin in bins)
            Row(table, bin switch
            {
                { From: null, To: { } to } => $"below {to}",
                { From: { } from, To: null } => $"{from} and above",
                _ => $"{bin.From} to {bin.To}",
            }, $"{bin.Points:N0}", $"{bin.Mean:F2}", Share(bin.Accuracy));
        console.Write(table);
    }

    private static void WriteErrors(IAnsiConsole console, EvaluationReport report)
    {
        if (report.Errors.Count == 0) return;
        Table table = Named("Errors", "truth", "called", "points", "of points", "of errors", "median height", "for example at");
        foreach (ConfusedPair pair in report.Errors.Where(pair => pair.ShareOfErrors >= Explained))
            Row(table, $"{pair.Truth} {pair.TruthName}", $"{pair.Predicted} {pair.PredictedName}", $"{pair.Points:N0}", Share(pair.Share), Share(pair.ShareOfErrors),
                pair.MedianHeight is { } height ? $"{height:F1} m" : "", string.Join("\n", pair.Examples.Select(example =>
                    (example.X is null ? "" : $"{example.X:F2} {example.Y:F2} {example.Z:F2} ") + $"(point {example.PointIndex} of {example.File})")));
        console.Write(table);
        int rare = report.Errors.Count(pair => pair.ShareOfErrors < Explained);
        if (rare > 0) console.WriteLine($"{rare} rarer kinds of error are in the JSON.");
    }

    private static Table Named(string title, params string[] columns)
    {
        Table table = new Table().Border(TableBorder.Simple).Title(Markup.Escape(title));
        for (int column = 0; column < columns.Length; column++)
            table.AddColumn(new TableColumn(Markup.Escape(columns[column])) { Alignment = column == 0 ? Justify.Left : Justify.Right });
        return table;
    }

    private static void Row(Table table, params string[] cells) => table.AddRow(cells.Select(Markup.Escape).ToArray());

    private static string Share(double? share) => share is { } known ? known.ToString("F4") : "–";
}
