"""The whole workflow; docs/workflow.md shows it."""

import json

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.archive_bucket import ArchiveBucket
from infra.functions import Functions, StepFunction
from infra.nag_acknowledgements import acknowledge, acknowledge_wildcards, arn_of, logical_id
from infra.payer_list_reader import PayerListReader
from lambdas.domain.evidence.archive_layout import run_payers_key

EACH_PAYER = "ForEachPayerAccount"
LIST_OF_PAYERS = run_payers_key("*")
INPUT = "{% $states.input %}"
EXECUTION = sfn.TaskInput.from_object(
    {
        "input": "{% $states.context.Execution.Input %}",
        "execution": {
            "id": "{% $states.context.Execution.Id %}",
            "name": "{% $states.context.Execution.Name %}",
            "start_time": "{% $states.context.Execution.StartTime %}",
        },
    }
)
BUSY = ["Lambda.TooManyRequestsException"]
"""The account's concurrency is used up, perhaps for as long as a function may run."""
UNAVAILABLE = [
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Sandbox.Timedout",
    "ServiceUnavailable",
]
"""Lambda failed, the function died or ran out of time, or (the last one) reported that the same
call may succeed later. Every step continues from its own output.
"""

LIST_NOT_READ = "States.ItemReaderFailed"
"""The map could not read the run's list: S3 or its key did not answer, or the list is gone."""

_BUSY_TRIES, _UNAVAILABLE_TRIES = 30, 5
_READ_TRIES, _MAP_TRIES = 5, 2
TRIES = 1 + _UNAVAILABLE_TRIES
"""Number of tries of a step that fails with one of these."""


class Workflow(Construct):
    """One run, from the schedule's input to the verdict. Lists are in S3, keys and counts here."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        archive: ArchiveBucket,
        max_concurrent_payers: int,
    ) -> None:
        super().__init__(scope, construct_id)
        enumerate_payers = _step(self, functions.enumerate_payer_accounts, payload=EXECUTION)
        list_invoices = _step(self, functions.list_invoice_summaries)
        fetch_documents = _step(self, functions.fetch_invoice_documents)
        validate = _step(self, functions.validate_completeness)

        # A failed child would add its input, error and stack trace to the map's result. A few
        # hundred of them pass 256 KiB, which ends the run uncaught and without a verdict. So each
        # child ends with an id, and ValidateCompleteness finds who left no outcome.
        payer_checked = sfn.Succeed.jsonata(self, "PayerChecked", outputs=_of("payer_account_id"))
        not_checked = sfn.Succeed.jsonata(self, "PayerNotChecked", outputs=_of("payer_account_id"))
        list_invoices.add_catch(not_checked, outputs=INPUT)
        fetch_documents.add_catch(not_checked, outputs=INPUT)
        more_to_fetch = sfn.Choice.jsonata(self, "MoreToFetch")
        more_to_fetch.when(_if("more_to_fetch"), fetch_documents.next(more_to_fetch))
        more_to_fetch.otherwise(payer_checked)

        # JSONPath, in this state alone: emulators do not evaluate JSONata in an item reader.
        each_payer = sfn.DistributedMap.json_path(
            self,
            EACH_PAYER,
            label=EACH_PAYER,
            item_reader=PayerListReader(
                archive,
                key=sfn.JsonPath.string_at("$.payers_key"),
                readable=LIST_OF_PAYERS,
            ),
            max_concurrency=max_concurrent_payers,
            tolerated_failure_percentage=100,
            result_path=sfn.JsonPath.DISCARD,
        ).item_processor(list_invoices.next(more_to_fetch))
        _go_on_without(each_payer, validate)

        incomplete = sfn.Fail.jsonata(
            self, "Incomplete", error="MonthIncomplete", cause=_of("message")
        )

        is_complete = sfn.Choice.jsonata(self, "IsComplete")
        for verdict, end in (
            ("COMPLETE", "Complete"),
            ("AWAITING", "Awaiting"),
            ("PLANNED", "Planned"),
        ):
            is_complete.when(_if(f"verdict = '{verdict}'"), sfn.Succeed.jsonata(self, end))
        is_complete.otherwise(incomplete)

        # On a quiet day the list is empty, and whether AWS reads such a list is not documented.
        is_anybody_asked = sfn.Choice.jsonata(self, "IsAnybodyAsked")
        is_anybody_asked.when(_if("payers > 0"), each_payer.next(validate).next(is_complete))
        is_anybody_asked.otherwise(validate)

        is_claimed = sfn.Choice.jsonata(self, "IsAlreadyClaimed")
        is_claimed.when(_if("already_claimed"), sfn.Succeed.jsonata(self, "AlreadyClaimed"))
        is_claimed.otherwise(is_anybody_asked)

        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_chainable(enumerate_payers.next(is_claimed)),
            timeout=cdk.Duration.hours(24),
            logs=sfn.LogOptions(
                destination=_log_group(self), level=sfn.LogLevel.ALL, include_execution_data=False
            ),
        )
        _stand_by(self.state_machine, functions, archive)


def _stand_by(
    state_machine: sfn.StateMachine, functions: Functions, archive: ArchiveBucket
) -> None:
    """Accept cdk-nag's findings in the role that CDK makes of the states."""
    versions = {
        f"{arn_of(made.function)}:*": "CDK grants a function's versions with it; none is published."
        for made in functions.all
    }
    acknowledge_wildcards(
        state_machine.role,
        {
            **versions,
            f"{arn_of(archive.bucket)}/{LIST_OF_PAYERS}": "Each run has a list of its own.",
            "*": "Actions that set up a log's delivery know no resource.",
        },
    )
    name = json.dumps(
        {"Fn::Select": [6, {"Fn::Split": [":", {"Ref": logical_id(state_machine)}]}]},
        separators=(",", ":"),
    )
    executions = f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{name}"
    acknowledge_wildcards(
        state_machine,
        {
            f"{executions}:*": "Each execution has a name of its own.",
            f"{executions}/{EACH_PAYER}:*": "Each map run has a name of its own.",
        },
    )
    acknowledge(
        state_machine,
        {"SF2": "Its log has every transition, and a trace would carry what the log leaves out."},
    )


def _step(
    scope: Construct, step: StepFunction, *, payload: sfn.TaskInput | None = None
) -> tasks.LambdaInvoke:
    """The state of a step: the function gets its input, or `payload`; its answer is the output."""
    state = tasks.LambdaInvoke.jsonata(
        scope,
        step.step.state,
        lambda_function=step.function,
        payload=payload,
        outputs="{% $states.result.Payload %}",
        retry_on_service_exceptions=False,  # most of ours are missing from CDK's own list
    )
    for errors, attempts in ((BUSY, _BUSY_TRIES), (UNAVAILABLE, _UNAVAILABLE_TRIES)):
        state.add_retry(
            errors=errors,
            max_attempts=attempts,
            interval=cdk.Duration.seconds(2),
            backoff_rate=2,
            max_delay=cdk.Duration.seconds(60),
            jitter_strategy=sfn.JitterType.FULL,
        )
    return state


def _go_on_without(each_payer: sfn.DistributedMap, validate: sfn.IChainable) -> None:
    """Try a map that fails as a whole again, then validate the run without it. Accounts without an
    outcome are NOT_CHECKED, which is red and in the e-mail of the same day.

    A second try does no work twice: archived invoices are only looked up.
    """
    for error, attempts, seconds in (
        (LIST_NOT_READ, _READ_TRIES, 5),
        (sfn.Errors.ALL, _MAP_TRIES, 30),
    ):
        each_payer.add_retry(
            errors=[error],
            max_attempts=attempts,
            interval=cdk.Duration.seconds(seconds),
            backoff_rate=2,
            max_delay=cdk.Duration.seconds(60),
            jitter_strategy=sfn.JitterType.FULL,
        )
    each_payer.add_catch(validate, errors=[sfn.Errors.ALL], result_path=sfn.JsonPath.DISCARD)


def _log_group(scope: Construct) -> logs.LogGroup:
    # This prefix keeps the group out of the account's log resource policy, which is small. A fixed
    # name must go with the stack, or the next deployment finds it taken.
    return logs.LogGroup(
        scope,
        "Logs",
        log_group_name="/aws/vendedlogs/states/invoice-archive",
        retention=logs.RetentionDays.ONE_YEAR,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def _of(field: str) -> str:
    return f"{{% $states.input.{field} %}}"


def _if(condition: str) -> sfn.Condition:
    return sfn.Condition.jsonata(_of(condition))
