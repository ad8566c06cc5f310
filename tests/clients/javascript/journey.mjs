// Upload a disk and a VM, import both, wait for them, and print what the service says, as JSON.
// node journey.mjs BUCKET DISK.vmdk VM.ova

import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import {
  DescribeImagesCommand,
  DescribeImportImageTasksCommand,
  EC2Client,
  EC2ServiceException,
  ImportImageCommand,
  ImportSnapshotCommand,
  paginateDescribeImportImageTasks,
  waitUntilImageAvailable,
  waitUntilImageExists,
  waitUntilSnapshotCompleted,
  waitUntilSnapshotImported,
} from "@aws-sdk/client-ec2";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

const [bucket, disk, vm] = process.argv.slice(2);
const ec2 = new EC2Client({});
const s3 = new S3Client({ forcePathStyle: true });
const patience = { client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 60 };
const at = (key) => ({ S3Bucket: bucket, S3Key: key });

await s3.send(new CreateBucketCommand({ Bucket: bucket }));
await s3.send(
  new PutObjectCommand({ Bucket: bucket, Key: "disk.vmdk", Body: createReadStream(disk) }),
);
await new Upload({
  client: s3,
  params: { Bucket: bucket, Key: "vm.ova", Body: createReadStream(vm) },
}).done();

const snapshotTask = await ec2.send(
  new ImportSnapshotCommand({ DiskContainer: { Format: "vmdk", UserBucket: at("disk.vmdk") } }),
);
const imageTask = await ec2.send(
  new ImportImageCommand({
    Description: "from JavaScript",
    DiskContainers: [{ Format: "ova", UserBucket: at("vm.ova") }],
    TagSpecifications: [
      { ResourceType: "import-image-task", Tags: [{ Key: "Name", Value: "a task" }] },
      { ResourceType: "image", Tags: [{ Key: "Name", Value: "an image" }] },
    ],
  }),
);

const imported = await waitUntilSnapshotImported(patience, {
  ImportTaskIds: [snapshotTask.ImportTaskId],
});
const snapshotId = imported.reason.ImportSnapshotTasks[0].SnapshotTaskDetail.SnapshotId;
await waitUntilSnapshotCompleted(patience, { SnapshotIds: [snapshotId] });

const seen = [];
let task;
do {
  await sleep(200);
  const answer = await ec2.send(
    new DescribeImportImageTasksCommand({ ImportTaskIds: [imageTask.ImportTaskId] }),
  );
  [task] = answer.ImportImageTasks;
  seen.push(task.Status);
} while (!["completed", "deleted"].includes(task.Status));
await waitUntilImageExists(patience, { ImageIds: [task.ImageId] });
await waitUntilImageAvailable(patience, { ImageIds: [task.ImageId] });
const { Images: images } = await ec2.send(new DescribeImagesCommand({ Owners: ["self"] }));

const paged = [];
for await (const page of paginateDescribeImportImageTasks({ client: ec2, pageSize: 1 }, {})) {
  paged.push(...page.ImportImageTasks.map((each) => each.ImportTaskId));
}

let refused;
try {
  await ec2.send(new DescribeImagesCommand({ ImageIds: ["ami-0123456789abcdef0"] }));
} catch (error) {
  refused = [error instanceof EC2ServiceException, error.name, error.message];
}

console.log(JSON.stringify({ imageTask, task, images, snapshotId, seen, paged, refused }));
