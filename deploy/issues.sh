#!/bin/sh
# Files what a night found as GitHub issues, by the report of 'simrun merge --baseline' or
# 'simrun campaign --baseline': one for each new defect, with the explained case; one that
# is back is opened again; one whose case holds is closed; of one that is still there the
# day is written down, and nobody is told.
#
#   issues.sh NIGHT     the directory with report.json; SIMRUN names simrun, RUN the page to point to
#
# An issue is found again by the defect's id, which stays when its line moves. It needs gh
# (signed in, in the repository) and jq.
set -eu
night=$1
simrun=${SIMRUN:-simrun}
run=${RUN:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

count=$(jq '.changes | length' "$night/report.json")
day=$(jq -r '.finished[:10]' "$night/report.json")
version=$(jq -r '.config.version' "$night/report.json")
i=0
while [ "$i" -lt "$count" ]; do
	change() { jq -r ".changes[$i].$1" "$night/report.json"; }
	state=$(change state)
	id=$(change id)
	mark="powercut-$id"
	found=$(gh issue list --state all --search "$mark in:body" --limit 1 --json number,state --jq '.[] | "\(.number) \(.state)"')
	number=${found% *}
	open=${found#* }
	case $state in
	new | regressed | ongoing)
		change case >"$work/found.case"
		{
			echo "Last seen on $day, by powercut $version. $run"
			echo
			"$simrun" explain --markdown "$work/found.case" || [ $? = 1 ] # 1: it violates, as it should
			echo
			echo "<!-- $mark -->"
		} >"$work/body.md"
		if [ -z "$found" ]; then
			title=$(change what | sed -n 1p | cut -c1-120)
			gh issue create --title "$(change law): $title" --body-file "$work/body.md"
		else
			gh issue edit "$number" --body-file "$work/body.md"
			if [ "$open" != OPEN ]; then
				gh issue reopen "$number" --comment "It is back ($state), seen on $day by powercut $version. $run"
			fi
		fi
		;;
	resolved)
		if [ -n "$found" ] && [ "$open" = OPEN ]; then
			gh issue close "$number" --comment "Its case holds with powercut $version, on $day. $run"
		fi
		;;
	esac
	i=$((i + 1))
done
