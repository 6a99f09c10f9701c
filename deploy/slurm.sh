#!/bin/sh
# A campaign as an array job of Slurm, a shard for each task of it. The directory is on
# a filesystem that all nodes see. A task that is requeued, after its node was lost or
# taken away, goes on where it was. When all have ended, a second job merges:
#
#   night=$(sbatch --parsable --array=0-15 deploy/slurm.sh 1000000 /shared/night)
#   sbatch --dependency=afterany:$night --wrap 'simrun merge /shared/night --out /shared/night-report'
#
# (afterany: a shard that found a violation exits 1, which afterok would wait for in vain.)
#SBATCH --job-name=powercut
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
set -eu
if [ $# -lt 2 ] || [ -z "${SLURM_ARRAY_TASK_COUNT:-}" ]; then
	echo "usage: sbatch --array=0-N deploy/slurm.sh SEEDS DIR [FLAG OF simrun campaign]..." >&2
	exit 2
fi
seeds=$1
out=$2/$SLURM_ARRAY_TASK_ID
shift 2
# Resume also begins, where there is nothing to go on with.
exec "${SIMRUN:-simrun}" campaign --seeds "$seeds" --shard "auto/$SLURM_ARRAY_TASK_COUNT" \
	--workers "${SLURM_CPUS_PER_TASK:-2}" --out "$out" --resume "$@"
