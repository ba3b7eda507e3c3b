/**
 * The word under the cursor goes in one argument with its name, since Windows PowerShell drops an empty argument of a program;
 * and nothing here is a lone `--`, which npm's PowerShell shims drop.
 */
export const powershell = `# PowerShell completion of PROGRAM. Load it with:  PROGRAM completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'PROGRAM' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
    & 'PROGRAM' completion "--current=$wordToComplete" @words 2>$null | ForEach-Object {
        if ($_ -eq ':file' -or $_ -eq ':directory') {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
            return
        }
        $value, $description = $_ -split [char]9, 2
        if (-not $description) { $description = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $description)
    }
}
`;
