export const fish = `# fish completion of PROGRAM. Load it with:  PROGRAM completion fish | source
function FUNCTION
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in (PROGRAM completion "--current=$current" $words[2..] 2>/dev/null)
        switch $line
            case ':file'
                __fish_complete_path $current
            case ':directory'
                __fish_complete_directories $current ''
            case '*'
                printf '%s\\n' $line
        end
    end
end
complete -c PROGRAM -f -a '(FUNCTION)'
`;
