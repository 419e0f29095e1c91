<#
.SYNOPSIS
Runs a pipeline for a scheduler: one at a time, a log per run, and a health file for whoever watches.

.DESCRIPTION
Builds the program when it is missing or older than its sources, runs it, and ends with its exit code:
0 every input done, 1 finished but some inputs failed, 2 usage or configuration error (nothing was started; a
failed build too), 3 the run could not go on, 130 cancelled; or with 75 where a run of the same state folder has
not ended yet. Says nothing but in those cases: what the program says is in the log.
Needs Windows PowerShell 5.1 or PowerShell 7, and the .NET SDK unless -Program names a program that is built already.
pipelines/schedules/run.sh is the same for cron and systemd; both keep the same files.

.PARAMETER Pipeline
The pipeline file. Default: pipelines/quickstart.json beside this script.

.PARAMETER InputPath
Files, folders or globs that replace the file's inputs. Also spelled -Input.

.PARAMETER Output
The folder that replaces the file's output.

.PARAMETER Model
The model bundle that replaces the file's model.

.PARAMETER Set
Settings KEY=VALUE, each of which replaces one key of the pipeline file.

.PARAMETER State
Where the lock, logs/ and health.json are. Default: PIPELINE.night beside the pipeline file.

.PARAMETER Keep
Logs to keep, the newest. Default: 30.

.PARAMETER Configuration
The build configuration. Default: Release.

.PARAMETER Program
A program that is built already (an executable, or a .dll for dotnet to run). Nothing is built then.

.PARAMETER Options
Whatever else is given goes to batchsegmenter run as it is: --shard 1/2, --retry-quarantined, --verify-outputs.

.EXAMPLE
pwsh -File run.ps1 -Pipeline pipelines/nightly.json -Output D:\labelled --retry-quarantined

.EXAMPLE
powershell -Command "& C:\batchsegmenter\run.ps1 -Input 'D:\2026\*.laz','E:\late.las' -Set limits.cores=4,limits.maxFailures=10; exit $LASTEXITCODE"
Lists need -Command: after -File, PowerShell takes a list for one text.
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [string] $Pipeline,
    # PowerShell keeps the name $Input for itself.
    [Alias('Input')]
    [string[]] $InputPath = @(),
    [string] $Output,
    [string] $Model,
    [string[]] $Set = @(),
    [string] $State,
    [int] $Keep = 30,
    [string] $Configuration = 'Release',
    [string] $Program,
    [Parameter(ValueFromRemainingArguments = $true)]
    [string[]] $Options = @()
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

function Write-Fault([string] $text) {
    [Console]::Error.WriteLine("run.ps1: $text")
}

function Test-Newer([string] $stamp) {
    if (-not [IO.File]::Exists($stamp)) { return $true }
    $built = [IO.File]::GetLastWriteTimeUtc($stamp)
    $sources = @([IO.Directory]::GetFiles($PSScriptRoot, '*.props')) + @([IO.Directory]::GetFiles($PSScriptRoot, 'global.json'))
    $sources += [IO.Directory]::GetFiles([IO.Path]::Combine($PSScriptRoot, 'src'), '*', 'AllDirectories')
    foreach ($source in $sources) {
        if ($source -notmatch '[\\/](bin|obj)[\\/]' -and $source -match '\.(cs|csproj|props|proto|json)$') {
            if ([IO.File]::GetLastWriteTimeUtc($source) -gt $built) { return $true }
        }
    }

    return $false
}

# Errors of a program are lines of its log: Windows PowerShell takes the first one for a reason to stop.
function Invoke-Logged([string] $command, [string[]] $arguments) {
    $ErrorActionPreference = 'Continue'
    & $command @arguments 2>&1 | ForEach-Object { $writer.WriteLine("$_") }
}

# Gives the program's path, or nothing where the build failed.
function Build-Program {
    if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
        $writer.WriteLine('dotnet is not on the PATH; install the .NET SDK 10 or give -Program')
        return
    }

    $folder = [IO.Path]::Combine($PSScriptRoot, 'artifacts', 'run', $Configuration)
    $stamp = [IO.Path]::Combine($folder, 'built')
    $built = [IO.Path]::Combine($folder, 'batchsegmenter.dll')
    if ((Test-Newer $stamp) -or -not [IO.File]::Exists($built)) {
        # Taken before the build, so that a source changed meanwhile is built the next time.
        $began = [DateTime]::UtcNow
        $project = [IO.Path]::Combine($PSScriptRoot, 'src', 'BatchSegmenter', 'BatchSegmenter.csproj')
        Invoke-Logged 'dotnet' @('publish', $project, '-c', $Configuration, '-o', $folder, '--nologo', '-v', 'quiet')
        if ($LASTEXITCODE -ne 0) {
            $writer.WriteLine("the build ended with exit code $LASTEXITCODE; nothing was started")
            return
        }

        [IO.File]::WriteAllText($stamp, '')
        [IO.File]::SetLastWriteTimeUtc($stamp, $began)
    }

    return $built
}

function Get-Now([string] $format) {
    return [DateTime]::UtcNow.ToString($format, [Globalization.CultureInfo]::InvariantCulture)
}

function Get-Quoted([string] $text) {
    return '"' + $text.Replace('\', '\\').Replace('"', '\"') + '"'
}

# Renamed into place, so that who reads it sees the one state or the other.
function Write-Health([string] $running, [string] $ended, [string] $exitCode) {
    $lines = @(
        '{',
        ('  "pipeline": ' + (Get-Quoted $Pipeline) + ','),
        ('  "running": ' + $running + ','),
        ('  "lastStart": "' + $started + '",'),
        ('  "lastEnd": ' + $ended + ','),
        ('  "lastGoodRun": ' + $script:good + ','),
        ('  "exitCode": ' + $exitCode + ','),
        ('  "log": ' + (Get-Quoted $log)),
        '}',
        '')
    $temporary = [IO.Path]::Combine($State, '.health.json.tmp')
    [IO.File]::WriteAllText($temporary, [string]::Join("`n", $lines))
    if ([IO.File]::Exists($health)) { [IO.File]::Replace($temporary, $health, [NullString]::Value) }
    else { [IO.File]::Move($temporary, $health) }
}

function Remove-OldLogs {
    $logs = [string[]] @([IO.Directory]::GetFiles([IO.Path]::Combine($State, 'logs')) | Where-Object { $_.EndsWith('.log') })
    [Array]::Sort($logs, [StringComparer]::Ordinal)
    for ($i = 0; $i -lt $logs.Length - $Keep; $i++) { [IO.File]::Delete($logs[$i]) }
}

if ($Keep -lt 1) {
    Write-Fault "-Keep ${Keep}: expected a whole number from 1"
    exit 2
}

if ($Program -and -not [IO.File]::Exists($Program)) {
    Write-Fault "${Program}: no such program; expected the full path of batchsegmenter or batchsegmenter.dll"
    exit 2
}

if (-not $Pipeline) { $Pipeline = [IO.Path]::Combine($PSScriptRoot, 'pipelines', 'quickstart.json') }
if (-not $State) { $State = ($Pipeline -replace '\.json$', '') + '.night' }

# .NET has a working directory of its own.
$State = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($State)
$health = [IO.Path]::Combine($State, 'health.json')
try { [void] [IO.Directory]::CreateDirectory([IO.Path]::Combine($State, 'logs')) }
catch {
    Write-Fault "${State}: cannot be written: $($_.Exception.Message)"
    exit 2
}

# The system lifts the lock when the process dies; nothing has to be cleaned up after a power cut.
try { $lock = [IO.File]::Open([IO.Path]::Combine($State, 'lock'), 'OpenOrCreate', 'ReadWrite', 'None') }
catch [IO.IOException] {
    [Console]::Out.WriteLine("run.ps1: $Pipeline is still running, nothing was started")
    exit 75
}
catch {
    Write-Fault "${State}: cannot be locked: $($_.Exception.Message)"
    exit 2
}

# Stays so where the script is interrupted.
$code = 130
$writer = $null
try {
    $started = Get-Now 'yyyy-MM-ddTHH:mm:ssZ'
    $log = [IO.Path]::Combine($State, 'logs', (Get-Now 'yyyyMMddTHHmmssZ') + "-$PID.log")
    $good = 'null'
    if ([IO.File]::Exists($health) -and [IO.File]::ReadAllText($health) -match '"lastGoodRun": ("[^"]*")') { $good = $Matches[1] }
    Write-Health 'true' 'null' 'null'
    $writer = [IO.StreamWriter]::new([IO.File]::Open($log, 'Append', 'Write', 'ReadWrite'))
    $writer.AutoFlush = $true
    Remove-OldLogs

    if (-not $Program) { $Program = Build-Program }
    if (-not $Program) { $code = 2 }
    else {
        $arguments = @('run', $Pipeline)
        foreach ($value in $InputPath) { $arguments += '--input', $value }
        if ($Output) { $arguments += '--output', $Output }
        if ($Model) { $arguments += '--model', $Model }
        foreach ($value in $Set) { $arguments += '--set', $value }
        $arguments += $Options

        # Before 7.3, PowerShell drops the quotes within a program's arguments.
        $version = $PSVersionTable.PSVersion
        if ($version.Major -lt 7 -or ($version.Major -eq 7 -and $version.Minor -lt 3)) {
            $arguments = @(foreach ($argument in $arguments) { $argument -replace '(\\*)"', '$1$1\"' })
        }

        if ($Program -match '\.dll$') { Invoke-Logged 'dotnet' (@($Program) + $arguments) }
        else { Invoke-Logged $Program $arguments }
        $code = $LASTEXITCODE
    }
}
catch {
    # The script's own trouble: the state folder cannot be written, the program cannot be started.
    $code = 2
    Write-Fault $_.Exception.Message
    if ($writer) { $writer.WriteLine($_.Exception.Message) }
}
finally {
    if ($writer) { $writer.Dispose() }
    $ended = '"' + (Get-Now 'yyyy-MM-ddTHH:mm:ssZ') + '"'
    if ($code -eq 0) { $good = $ended }
    try { Write-Health 'false' $ended "$code" }
    catch { Write-Fault "${health}: cannot be written: $($_.Exception.Message)" }
    $lock.Dispose()
}

if ($code -ne 0) { Write-Fault "$Pipeline ended with exit code $code; see $log" }
exit $code
