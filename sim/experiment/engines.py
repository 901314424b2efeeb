"""What does tasks: this machine, or the workers of a cluster; what is kept is the same."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol

from sim.core.errors import InputError
from sim.experiment.cluster import Cluster
from sim.experiment.workers import Failure, Local, Task, Worker


class Engine(Protocol):
    """Does tasks, in any order, and keeps what comes of them."""

    def work(self, worker: Worker, tasks: Sequence[Task]) -> Generator[tuple[Task, Failure | None]]:
        """Do tasks and yield each when it is done; closing the generator stops the others.

        Raises
        ------
        Stopped
            If nothing more can be made or kept.
        """


def engine(jobs: int | None = None, cluster: str | None = None) -> Engine:
    """The engine that was asked for; by default this process does the work.

    Parameters
    ----------
    jobs : int, optional
        Processes on this machine.
    cluster : str, optional
        Address of the scheduler of a Dask cluster, ``HOST:PORT`` or ``tcp://HOST:PORT``, or the
        path of its scheduler file.

    Returns
    -------
    Local or Cluster
        A cluster was reached and its workers can be used.

    Raises
    ------
    InputError
        If both are given; if `jobs` is out of range; if the cluster cannot be used.
    """
    if cluster is None:
        return Local(1 if jobs is None else jobs)
    if jobs is not None:
        raise InputError("jobs and cluster exclude each other: a cluster has the workers it has")
    found = Cluster(cluster)
    found.check()
    return found
