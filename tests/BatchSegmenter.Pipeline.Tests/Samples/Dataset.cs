using DuckDB.NET.Data;

namespace BatchSegmenter.Pipeline.Tests.Samples;

/// <summary>Reads the Parquet files of a run with an independent engine.</summary>
internal static class Dataset
{
    /// <summary>The rows of a query, in which <c>points</c> stands for the dataset below <paramref name="output"/>.</summary>
    public static List<object[]> Query(string output, string sql)
    {
        using DuckDBConnection connection = new("DataSource=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = $"""
            create view points as select * from read_parquet('{output}/points/*/*.parquet', hive_partitioning = true, hive_types_autocast = false, file_row_number = true);
            {sql}
            """;
        using DuckDBDataReader reader = command.ExecuteReader();
        do
        {
            if (reader.FieldCount == 0) continue;
            List<object[]> rows = [];
            while (reader.Read())
            {
                object[] row = new object[reader.FieldCount];
                reader.GetValues(row);
                rows.Add(row);
            }

            if (rows.Count > 0) return rows;
        }
        while (reader.NextResult());
        return [];
    }

    /// <summary>One column of one source, in the order of the file.</summary>
    public static T[] Column<T>(string output, string source, string column) =>
        [.. Query(output, $"select {column} from points where source = '{source}' order by point_index").Select(row => (T)row[0])];
}
