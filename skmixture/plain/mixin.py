"""The methods by which models are saved and loaded."""

from __future__ import annotations

from os import PathLike
from typing import Any, ClassVar, Self

from skmixture.plain.arrays import Inline
from skmixture.plain.documents import document_of, object_of
from skmixture.plain.files import load, save

__all__ = ["Plain"]


class Plain:
    """What can be saved in a plain format, and loaded without executing anything.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from skmixture.plain import Plain, register
    >>> @register
    ... @dataclass
    ... class Remark(Plain):
    ...     text: str
    >>> Remark.from_dict(Remark("of one's own").to_dict())
    Remark(text="of one's own")
    """

    _own_fitted: ClassVar[tuple[str, ...]] = ()  # attributes of a fit that this class alone has

    def _check_own_fitted(self) -> None:
        """Raise a ValueError where one of them is unfit, the parameters being found fit."""

    def to_dict(self) -> dict[str, Any]:
        """The model as a document of dicts, lists, strings and numbers, fit for JSON.

        Returns
        -------
        dict
            With the keys "format", "version", "written_by" and "content".

        Raises
        ------
        ValueError
            Where an option or attribute is nothing that can be written, such
            as a function; the message names it.
        """
        return document_of(self, Inline())

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """The model that `to_dict` has described.

        Parameters
        ----------
        document : dict

        Returns
        -------
        estimator
        """
        return cls._of_this_class(object_of(document, Inline()))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to a file; :func:`skmixture.load` reads it to the last bit.

        A file that is there is replaced, and only by one that is complete.

        Parameters
        ----------
        path : str or path-like
            Ending in ``.json``, or in ``.npz``, which keeps arrays as NumPy
            does.

        Raises
        ------
        ValueError
            Where an option or attribute is nothing that can be written, such
            as a function; the message names it.
        """
        save(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """The model of this class that `save` has written.

        Parameters
        ----------
        path : str or path-like

        Returns
        -------
        estimator
        """
        return cls._of_this_class(load(path))

    @classmethod
    def _of_this_class(cls, value: Any) -> Self:
        if not isinstance(value, cls):
            raise ValueError(
                f"this is a {type(value).__name__}, not a {cls.__name__}: skmixture.load takes any"
            )
        return value
