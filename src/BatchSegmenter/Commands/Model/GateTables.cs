using System.Globalization;
using Spectre.Console;

namespace BatchSegmenter.Commands.Model;

/// <summary>What making a bundle of another one brought and cost, as tables for people.</summary>
internal static class GateTables
{
    /// <summary>Writes size, speed and accuracy of both, and of each survey where there are several.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="report">The figures.</param>
    /// <param name="before">What to call the source.</param>
    /// <param name="after">What to call the result.</param>
    public static void Write(IAnsiConsole console, GateReport report, string before, string after)
    {
        // Redirected output has no width of its own; tables must not be folded there.
        if (Console.IsOutputRedirected) console.Profile.Width = 200;
        Table sum = Named("", "", before, after, "change");
        Row(sum, "network, MB", Text($"{report.Before.Bytes / 1e6:F2}"), Text($"{report.After.Bytes / 1e6:F2}"), Text($"{(double)report.After.Bytes / report.Before.Bytes:P0}"));
        Row(sum, "ms per block, one thread", Text($"{report.Before.MillisecondsPerBlock:F2}"), Text($"{report.After.MillisecondsPerBlock:F2}"), Text($"{report.Speedup:F2} times as fast"));
        Row(sum, "mean IoU", Figure(report.Before.MeanIou), Figure(report.After.MeanIou), report.Loss is { } loss ? Text($"{-loss:+0.00;-0.00;0.00} points") : "");
        Row(sum, "accuracy", Figure(report.Before.Accuracy), Figure(report.After.Accuracy), report.After.Accuracy - report.Before.Accuracy is { } more ? Text($"{100 * more:+0.00;-0.00;0.00} points") : "");
        console.Write(sum);
        if (report.Surveys.Count < 2) return;
        Table surveys = Named("Mean IoU by survey", "survey", "points counted", before, after);
        foreach (SurveyLoss survey in report.Surveys) Row(surveys, survey.Name, Text($"{survey.Counted:N0}"), Figure(survey.MeanIouBefore), Figure(survey.MeanIouAfter));
        console.Write(surveys);
    }

    /// <summary>A table with its first column to the left and the others to the right.</summary>
    public static Table Named(string title, params string[] columns)
    {
        Table table = new Table().Border(TableBorder.Simple);
        if (title.Length > 0) table.Title(Markup.Escape(title));
        for (int column = 0; column < columns.Length; column++)
            table.AddColumn(new TableColumn(Markup.Escape(columns[column])) { Alignment = column == 0 ? Justify.Left : Justify.Right });
        return table;
    }

    /// <summary>Adds a row.</summary>
    public static void Row(Table table, params string[] cells) => table.AddRow(cells.Select(Markup.Escape).ToArray());

    /// <summary>A share with four digits.</summary>
    public static string Figure(double? value) => value is { } known ? known.ToString("F4", CultureInfo.InvariantCulture) : "–";

    /// <summary>Text that does not depend on the user's culture.</summary>
    public static string Text(FormattableString text) => FormattableString.Invariant(text);
}
