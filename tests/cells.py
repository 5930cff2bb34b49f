"""Cells of notebooks and what they show, as they stand in files."""


def code(source, number, id, *outputs):
    return {
        "cell_type": "code",
        "execution_count": number,
        "id": id,
        "metadata": {},
        "outputs": list(outputs),
        "source": source.splitlines(keepends=True),
    }


def markdown(source, id):
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": source}


def result(text, number):
    data = {"text/plain": text}
    kind = "execute_result"
    return {"output_type": kind, "execution_count": number, "metadata": {}, "data": data}


def printed(text):
    return {"output_type": "stream", "name": "stdout", "text": text}
