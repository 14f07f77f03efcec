"""SpiffWorkflow parses every playbook's BPMN 2.0 and can start it: the start event leads to a task of the playbook.

    check.py OUR_PYTHON FOLDER
"""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser


def main() -> int:
    ours, folder = sys.argv[1], Path(sys.argv[2])
    listed = json.loads(subprocess.run([ours, "-m", "xieli", "playbook", "list", "--json"], check=True, capture_output=True, text=True).stdout)
    codes = [p["kind"] for p in listed]
    wrong = 0
    for code in codes:
        path = folder / f"{code}.bpmn"
        subprocess.run([ours, "-m", "xieli", "playbook", "bpmn", code, "--out", str(path)], check=True, capture_output=True)
        # our processes say of themselves that no engine executes them: a person decides at every gateway. For the foreign
        # engine's sake its copy says the contrary, so that it must build the whole graph
        text = path.read_text("utf-8")
        assert 'isExecutable="false"' in text
        path.write_text(text.replace('isExecutable="false"', 'isExecutable="true"'), encoding="utf-8")
        try:
            parser = BpmnParser()
            parser.add_bpmn_file(str(path))
            spec = parser.get_spec(f"p_{code}")
            subprocesses = parser.get_subprocess_specs(f"p_{code}")
            workflow = BpmnWorkflow(spec, subprocesses)
            workflow.do_engine_steps()
            waiting = [t for t in workflow.get_tasks() if t.task_spec.name not in ("Root", "Start", "End")]
            if not waiting:
                raise ValueError("nothing happens after the start event")
        except Exception as problem:  # a foreign parser may refuse in any way: each refusal is named
            print(f"{code}: {type(problem).__name__}: {problem}")
            wrong += 1
    print("SpiffWorkflow took", len(codes) - wrong, "of", len(codes), "playbooks")
    return 1 if wrong or not codes else 0


if __name__ == "__main__":
    sys.exit(main())
