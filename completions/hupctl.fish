# fish completion for hupctl

# The command, if there is one by now.
function __hupctl_command
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        switch $words[$i]
            case '-*'
            case '*'
                if not string match -qr -- '^(-f|--config|-s|--socket|-H|--hosts)$' $words[(math $i - 1)]
                    echo $words[$i]
                    return
                end
        end
    end
    return 1
end

function __hupctl_using
    contains -- (__hupctl_command; or echo none) $argv
end

# Names of programs: those that the daemon has, or else those with a file.
function __hupctl_programs
    set -l words (commandline -opc)
    set -l daemon
    for i in (seq 2 (count $words))
        if string match -qr -- '^(-f|--config|-s|--socket)$' $words[(math $i - 1)]
            set -a daemon $words[(math $i - 1)] $words[$i]
        end
    end
    if $words[1] $daemon status --names 2>/dev/null
        return
    end
    set -l home $XDG_CONFIG_HOME
    test -n "$home"; or set home ~/.config
    for file in /etc/hupd.d/*.conf $home/hupd/hupd.d/*.conf
        string match -v '*@.conf' $file | string replace -r '.*/(.*)\.conf$' '$1'
    end
end

complete -c hupctl -f

complete -c hupctl -n 'not __hupctl_command' -s f -l config -rF -d 'Configuration file of the daemon'
complete -c hupctl -n 'not __hupctl_command' -s s -l socket -rF -d 'Socket of the daemon'
complete -c hupctl -n 'not __hupctl_command' -s H -l hosts -x -a '(__fish_print_hostnames)' -d 'Machines, by ssh'
complete -c hupctl -n 'not __hupctl_command' -s V -l version -d 'Show the version of hupctl'
complete -c hupctl -s j -l json -d 'Print JSON'
complete -c hupctl -s h -l help -d 'Show how it is used'

set -l commands \
    add\t'Write a program\'s file, and reload' \
    cat\t'Print programs\' files, and what they inherit' \
    check\t'Validate, show what a reload would do' \
    disable\t'Do not start programs with hupd' \
    edit\t'Edit a program\'s file, and reload' \
    enable\t'Have programs start with hupd again' \
    events\t'Show or follow changes of programs' \
    help\t'Show how a command is used' \
    import\t'Convert files of supervisord' \
    is-active\t'Print the state alone' \
    list-keys\t'List the keys of the configuration' \
    log\t'Show or follow logs' \
    metrics\t'Print OpenMetrics' \
    ping\t'Does hupd answer?' \
    reexec\t'Replace hupd by the newly installed one' \
    reload\t'Apply the files, or have a program reload' \
    remove\t'Delete programs\' files, and reload' \
    reopen\t'Close and open the log files' \
    restart\t'Stop and start programs' \
    shutdown\t'Stop all programs, then hupd itself' \
    signal\t'Send programs a signal' \
    start\t'Start programs' \
    status\t'Show programs and the configuration' \
    stop\t'Stop programs' \
    top\t'Watch programs, with CPU and memory' \
    version\t'Show the versions of hupctl and hupd' \
    wait\t'Wait until programs are ready, or in a state'
complete -c hupctl -n 'not __hupctl_command' -a "$(string escape -- $commands | string join ' ')"
complete -c hupctl -n '__hupctl_using help' -a "$(string replace -r '\t.*' '' -- $commands | string join ' ')"

complete -c hupctl -n '__hupctl_using cat disable edit enable events is-active log reload remove restart signal start status stop wait' -a '(__hupctl_programs)'
complete -c hupctl -n '__hupctl_using log' -a hupd -d 'The event log of hupd'
complete -c hupctl -n '__hupctl_using signal' -a 'ALRM CONT HUP INT KILL QUIT STOP TERM USR1 USR2 WINCH' -d Signal
complete -c hupctl -n '__hupctl_using add check import' -F

complete -c hupctl -n '__hupctl_using restart start stop' -s a -l all -d 'All programs'
complete -c hupctl -n '__hupctl_using add disable edit enable remove' -l all -d 'Apply changed files of other programs, too'
complete -c hupctl -n '__hupctl_using reload restart shutdown start stop' -l no-wait -d 'Do not wait for the outcome'
complete -c hupctl -n '__hupctl_using reload shutdown wait' -l timeout -x -d 'Wait no longer'
complete -c hupctl -n '__hupctl_using events log' -s f -l follow -d 'Print new lines as they come'
complete -c hupctl -n '__hupctl_using events log' -s n -l lines -x -d 'How many lines'
complete -c hupctl -n '__hupctl_using log' -s g -l grep -x -d 'Only lines that match'
complete -c hupctl -n '__hupctl_using log' -l raw -d 'No names, and nothing is escaped'
complete -c hupctl -n '__hupctl_using log' -l since -x -d 'From then on'
complete -c hupctl -n '__hupctl_using log' -l until -x -d 'Up to then'
complete -c hupctl -n '__hupctl_using wait' -l for -x -a 'ready stopped up down done failed' -d 'State to wait for'
complete -c hupctl -n '__hupctl_using check' -l as -x -a '(__hupctl_programs)' -d 'The program that the file defines'
complete -c hupctl -n '__hupctl_using status' -l failed -d 'Only programs that fail'
complete -c hupctl -n '__hupctl_using status' -l names -d 'Print names alone'
complete -c hupctl -n '__hupctl_using status' -l tree -d 'With their dependencies, as a tree'
complete -c hupctl -n '__hupctl_using import' -s w -l write -d 'Write the files'
complete -c hupctl -n '__hupctl_using top' -s d -l delay -x -d 'Seconds between two looks'
